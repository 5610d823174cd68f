import { runAgent } from '../../shared/run-agent.ts';
import { analyseSyntax } from '../analysers/syntax/analyse-syntax.ts';
import { analyseEach } from '../handlers.ts';
import { voteAs } from '../vote.ts';

await runAgent({
  name: 'syntax',
  capabilities: ['code-review.syntax'],
  handlers: { 'analyse.syntax': analyseEach(analyseSyntax), 'vote.review': voteAs('syntax') },
});
