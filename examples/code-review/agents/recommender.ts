import { recommendWork } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'recommender', taskType: 'recommend', handler: recommendWork });
