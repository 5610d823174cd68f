import { runAgent } from '../../shared/run-agent.ts';
import { recommendWork } from '../handlers.ts';

await runAgent({
  name: 'recommender',
  capabilities: ['code-review.recommender'],
  handlers: { recommend: recommendWork },
});
