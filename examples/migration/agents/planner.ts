import { runAgent } from '../../shared/run-agent.ts';
import { plan } from '../handlers.ts';

await runAgent({ name: 'planner', capabilities: ['migration.planner'], handlers: { plan_migration: plan } });
