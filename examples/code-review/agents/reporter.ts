import { writeReport } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'reporter', taskType: 'report', handler: writeReport });
