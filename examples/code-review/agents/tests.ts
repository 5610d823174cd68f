import { analyseTests } from '../analysers/test-reach/analyse-tests.ts';
import { analyseTogether } from '../handlers.ts';
import { runAgent } from '../run-agent.ts';

await runAgent({ name: 'tests', taskType: 'analyse.tests', handler: analyseTogether(analyseTests) });
