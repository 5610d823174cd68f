import { runAgent } from '../../shared/run-agent.ts';
import { rank, report } from '../handlers.ts';

await runAgent({ name: 'tracker', capabilities: ['debt.tracking'], handlers: { prioritise: rank, report } });
