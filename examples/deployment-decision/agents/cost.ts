import { runAgent } from '../../shared/run-agent.ts';
import { voters } from '../handlers.ts';

await runAgent({
  name: 'cost',
  capabilities: [{ name: 'deployment.review', confidence: 0.8 }],
  handlers: { judge_deployment: voters.cost },
});
