import { runAgent } from '../../shared/run-agent.ts';
import { specializations, workAs } from '../handlers.ts';

await runAgent({
  name: 'infra-worker',
  capabilities: [specializations.infra],
  handlers: { do_deployment: workAs('infra') },
});
