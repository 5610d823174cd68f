import { runAgent } from '../../shared/run-agent.ts';
import { voters } from '../handlers.ts';

await runAgent({
  name: 'performance',
  capabilities: [{ name: 'deployment.review', confidence: 0.9 }],
  handlers: { judge_deployment: voters.performance },
});
