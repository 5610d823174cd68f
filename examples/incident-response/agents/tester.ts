import { runAgent } from '../../shared/run-agent.ts';
import { test } from '../handlers.ts';

await runAgent({ name: 'tester', capabilities: ['incident.testing'], handlers: { test_hotfix: test } });
