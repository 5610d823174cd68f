import { analyseStyle } from '../analysers/style/analyse-style.ts';
import { analyseEach } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'style', taskType: 'analyse.style', handler: analyseEach(analyseStyle) });
