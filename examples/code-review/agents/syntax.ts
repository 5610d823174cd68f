import { runAgent } from '../../shared/run-agent.ts';
import { analyseSyntax } from '../analysers/syntax/analyse-syntax.ts';
import { analyseEach } from '../handlers.ts';

await runAgent({
  name: 'syntax',
  capabilities: ['code-review.syntax'],
  handlers: { 'analyse.syntax': analyseEach(analyseSyntax) },
});
