import { runAgent } from '../../shared/run-agent.ts';
import { analyseSecurity } from '../analysers/security/analyse-security.ts';
import { analyseEach } from '../handlers.ts';

await runAgent({
  name: 'security',
  capabilities: ['code-review.security'],
  handlers: { 'analyse.security': analyseEach(analyseSecurity) },
});
