import { runAgent } from '../../shared/run-agent.ts';
import { assess, clear, diagnose } from '../handlers.ts';

await runAgent({ name: 'responder', capabilities: ['incident.response'], handlers: { assess, diagnose, clear } });
