import { runAgent } from '../../shared/run-agent.ts';
import { implement } from '../handlers.ts';

await runAgent({ name: 'coder', capabilities: ['feature.coding'], handlers: { implement_solution: implement } });
