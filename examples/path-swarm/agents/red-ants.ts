import { runAgent } from '../../shared/run-agent.ts';
import { walk } from '../handlers.ts';

await runAgent({ name: 'red-ants', capabilities: ['path.ants'], handlers: { walk } });
