import { runAgent } from '../../shared/run-agent.ts';
import { close } from '../handlers.ts';

await runAgent({ name: 'coordinator', capabilities: ['migration.coordinator'], handlers: { finish_migration: close } });
