import { runAgent } from '../../shared/run-agent.ts';
import { audit } from '../handlers.ts';

await runAgent({ name: 'security-auditor', capabilities: ['incident.security'], handlers: { audit_hotfix: audit } });
