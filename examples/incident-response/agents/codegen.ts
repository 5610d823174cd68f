import { runAgent } from '../../shared/run-agent.ts';
import { choose, fix } from '../handlers.ts';

await runAgent({
  name: 'codegen',
  capabilities: ['incident.codegen'],
  handlers: { create_hotfix: fix, choose_hotfix: choose },
});
