import { runAgent } from '../../shared/run-agent.ts';
import { specializations, workAs } from '../handlers.ts';

await runAgent({
  name: 'app-worker',
  capabilities: [specializations.app],
  handlers: { do_deployment: workAs('app') },
});
