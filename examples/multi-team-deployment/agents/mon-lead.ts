import { runAgent } from '../../shared/run-agent.ts';
import { lead } from '../handlers.ts';

await runAgent({ name: 'mon-lead', capabilities: ['deployment.lead'], handlers: { lead_deployment: lead } });
