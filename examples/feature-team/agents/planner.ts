import { runAgent } from '../../shared/run-agent.ts';
import { plan } from '../handlers.ts';

await runAgent({ name: 'planner', capabilities: ['feature.planning'], handlers: { create_plan: plan } });
