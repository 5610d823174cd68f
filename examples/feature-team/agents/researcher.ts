import { runAgent } from '../../shared/run-agent.ts';
import { research } from '../handlers.ts';

await runAgent({ name: 'researcher', capabilities: ['feature.research'], handlers: { gather_requirements: research } });
