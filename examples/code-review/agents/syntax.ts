import { analyseSyntax } from '../analysers/syntax/analyse-syntax.ts';
import { analyseEach } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'syntax', taskType: 'analyse.syntax', handler: analyseEach(analyseSyntax) });
