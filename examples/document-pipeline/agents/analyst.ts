import { parseInput } from '../../shared/parse-input.ts';
import { runAgent } from '../../shared/run-agent.ts';
import { analyse } from '../analyse.ts';
import { ExtractedText } from '../document.ts';

await runAgent({
  name: 'analyst',
  capabilities: ['document.analysis'],
  handlers: { analyse: (task) => analyse(parseInput(ExtractedText, task.input)) },
});
