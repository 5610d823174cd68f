import { runAgent } from '../../shared/run-agent.ts';
import { scanFiles } from '../handlers.ts';

await runAgent({ name: 'scanner', capabilities: ['debt.scan'], handlers: { scan_files: scanFiles } });
