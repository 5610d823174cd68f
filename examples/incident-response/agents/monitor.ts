import { runAgent } from '../../shared/run-agent.ts';
import { conclude, watch } from '../handlers.ts';

await runAgent({ name: 'monitor', capabilities: ['incident.monitoring'], handlers: { watch, post_mortem: conclude } });
