import { runAgent } from '../../shared/run-agent.ts';
import { analyseTests } from '../analysers/test-reach/analyse-tests.ts';
import { analyseTogether } from '../handlers.ts';
import { voteAs } from '../vote.ts';

await runAgent({
  name: 'tests',
  capabilities: ['code-review.tests'],
  handlers: { 'analyse.tests': analyseTogether(analyseTests), 'vote.review': voteAs('tests') },
});
