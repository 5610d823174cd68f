import { parseInput } from '../../shared/parse-input.ts';
import { runAgent } from '../../shared/run-agent.ts';
import { SourceDocument } from '../document.ts';
import { extract } from '../extract.ts';

await runAgent({
  name: 'extractor',
  capabilities: ['document.extraction'],
  handlers: { extract: (task) => extract(parseInput(SourceDocument, task.input)) },
});
