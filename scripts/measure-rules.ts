import { loadCorpus } from '../examples/code-review/corpus/load-corpus.ts';
import { measureCorpus } from '../examples/code-review/corpus/measure-corpus.ts';
import { readOptions } from './parameters.ts';

const usage = `Measures the rules of the example's analysers on their labelled corpus: precision, recall, and every miss.

Usage: npm run measure-rules
`;
readOptions(usage, {});

const scores = measureCorpus(loadCorpus());
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(9);

console.log(`${'rule'.padEnd(30)} true alike precision    recall`);
for (const score of scores) {
  const counts = `${String(score.trueCases).padStart(4)} ${String(score.alikeCases).padStart(5)}`;
  console.log(`${score.rule.padEnd(30)} ${counts} ${percent(score.precision)} ${percent(score.recall)}`);
}
for (const miss of scores.at(-1)?.misses ?? []) console.log(`  ${miss}`);
