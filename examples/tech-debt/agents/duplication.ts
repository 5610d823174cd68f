import { runAgent } from '../../shared/run-agent.ts';
import { scanDuplication } from '../handlers.ts';

await runAgent({
  name: 'duplication',
  capabilities: ['debt.duplication'],
  handlers: { scan_duplication: scanDuplication },
});
