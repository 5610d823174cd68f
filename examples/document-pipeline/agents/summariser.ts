import { parseInput } from '../../shared/parse-input.ts';
import { runAgent } from '../../shared/run-agent.ts';
import { AnalysedText } from '../document.ts';
import { summarise } from '../summarise.ts';

await runAgent({
  name: 'summariser',
  capabilities: ['document.summarization'],
  handlers: { summarise: (task) => summarise(parseInput(AnalysedText, task.input)) },
});
