import { analyseSecurity } from '../analysers/security/analyse-security.ts';
import { analyseEach } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'security', taskType: 'analyse.security', handler: analyseEach(analyseSecurity) });
