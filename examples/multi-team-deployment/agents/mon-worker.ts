import { runAgent } from '../../shared/run-agent.ts';
import { specializations, workAs } from '../handlers.ts';

await runAgent({
  name: 'mon-worker',
  capabilities: [specializations.mon],
  handlers: { do_deployment: workAs('mon') },
});
