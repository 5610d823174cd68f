import { runAgent } from '../../shared/run-agent.ts';
import { analyseSecurity } from '../analysers/security/analyse-security.ts';
import { analyseEach } from '../handlers.ts';
import { voteAs } from '../vote.ts';

await runAgent({
  name: 'security',
  capabilities: ['code-review.security'],
  handlers: { 'analyse.security': analyseEach(analyseSecurity), 'vote.review': voteAs('security') },
});
