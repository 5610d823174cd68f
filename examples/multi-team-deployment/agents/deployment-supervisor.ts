import { runAgent } from '../../shared/run-agent.ts';
import { supervise } from '../handlers.ts';

await runAgent({
  name: 'deployment-supervisor',
  capabilities: ['deployment.supervision'],
  handlers: { supervise_deployment: supervise },
});
