import { runAgent } from '../../shared/run-agent.ts';
import { analyseStyle } from '../analysers/style/analyse-style.ts';
import { analyseEach } from '../handlers.ts';
import { voteAs } from '../vote.ts';

await runAgent({
  name: 'style',
  capabilities: ['code-review.style'],
  handlers: { 'analyse.style': analyseEach(analyseStyle), 'vote.review': voteAs('style') },
});
