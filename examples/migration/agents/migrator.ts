import { runAgent } from '../../shared/run-agent.ts';
import { migrate } from '../handlers.ts';

await runAgent({ name: 'migrator', capabilities: ['migration.migrator'], handlers: { migrate_module: migrate } });
