import { runAgent } from '../../shared/run-agent.ts';
import { lead } from '../handlers.ts';

await runAgent({ name: 'infra-lead', capabilities: ['deployment.lead'], handlers: { lead_deployment: lead } });
