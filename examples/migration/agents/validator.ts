import { runAgent } from '../../shared/run-agent.ts';
import { check } from '../handlers.ts';

await runAgent({ name: 'validator', capabilities: ['migration.validator'], handlers: { check_compatibility: check } });
