import { runAgent } from '../../shared/run-agent.ts';
import { writeReport } from '../handlers.ts';

await runAgent({ name: 'reporter', capabilities: ['code-review.reporter'], handlers: { report: writeReport } });
