import { runAgent } from '../../shared/run-agent.ts';
import { test } from '../handlers.ts';

await runAgent({ name: 'tester', capabilities: ['feature.testing'], handlers: { run_tests: test } });
