import { runAgent } from '../../shared/run-agent.ts';
import { analyseComplexity } from '../analysers/complexity/analyse-complexity.ts';
import { analyseEach } from '../handlers.ts';
import { voteAs } from '../vote.ts';

await runAgent({
  name: 'complexity',
  capabilities: ['code-review.complexity'],
  handlers: { 'analyse.complexity': analyseEach(analyseComplexity), 'vote.review': voteAs('complexity') },
});
