import { runAgent } from '../../shared/run-agent.ts';
import { voters } from '../handlers.ts';

await runAgent({
  name: 'security',
  capabilities: [{ name: 'deployment.review', confidence: 0.95 }],
  handlers: { judge_deployment: voters.security },
});
