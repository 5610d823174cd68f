import { analyseComplexity } from '../analysers/complexity/analyse-complexity.ts';
import { analyseEach } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'complexity', taskType: 'analyse.complexity', handler: analyseEach(analyseComplexity) });
