import { runAgent } from '../../shared/run-agent.ts';
import { survey } from '../handlers.ts';

await runAgent({ name: 'surveyor', capabilities: ['path.survey'], handlers: { survey } });
