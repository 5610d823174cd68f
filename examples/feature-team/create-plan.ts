import type { Pair, Plan, Requirements, Value } from './feature.ts';

const maxConstants = 10;

/** Decides on the signature, the constants worth trying, and how far to search. */
export function createPlan(requirements: Requirements): Plan {
  const { name, parameters, returns, given, description } = requirements;
  const list = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(', ');
  const uses = (type: string): boolean => returns === type || parameters.some((parameter) => parameter.type === type);
  return {
    signature: `export function ${name}(${list}): ${returns}`,
    constants: {
      numbers: [...new Set([0, 1, 2, 10, ...numbersIn(description), ...minedNumbers(given)])].slice(0, maxConstants),
      strings: uses('string')
        ? [...new Set(['', ' ', ...quotedIn(description), ...minedStrings(given)])].slice(0, maxConstants)
        : [],
    },
    maxSize: 9,
    maxTerms: 30_000,
    steps: [
      'enumerate expressions by size, one for each behaviour on the given rows',
      'join two or three of them by conditions when none fits alone',
      'write the smallest one that fits as a function',
    ],
  };
}

/** What somebody wrote down is likelier to matter than what is guessed. */
function numbersIn(description: string): number[] {
  return (description.match(/(?<![\w.])-?\d+(?:\.\d+)?/g) ?? []).map(Number);
}

function quotedIn(description: string): string[] {
  return [...description.matchAll(/"([^"]{1,20})"|'([^']{1,20})'/g)].map(
    ([, double, single]) => double ?? single ?? '',
  );
}

/** Results that come back again and again, and what is added to the only number again and again. */
function minedNumbers(pairs: readonly Pair[]): number[] {
  const numbers = pairs.flatMap(({ output }) => (typeof output === 'number' ? [output] : []));
  const steps = pairs.flatMap(({ input: [first], output }) =>
    typeof first === 'number' && typeof output === 'number' ? [output - first, output / first] : [],
  );
  const whole = steps.filter((step) => Number.isInteger(step) && Math.abs(step) <= 1000);
  return frequent([...numbers, ...whole]);
}

/** Texts between words, and what all results begin or end with. */
function minedStrings(pairs: readonly Pair[]): string[] {
  const texts = (value: Value): string[] => (typeof value === 'string' ? [value] : []);
  const outputs = pairs.flatMap(({ output }) => texts(output));
  const all = [...outputs, ...pairs.flatMap(({ input }) => input.flatMap(texts))];
  const separators = all.flatMap((text) => text.match(/[^\p{L}\p{N}\s]/gu) ?? []);
  const backwards = outputs.map(mirrored);
  const ending = mirrored(commonStart(backwards));
  const affixes = pairs.flatMap(({ input, output }) => input.flatMap((each) => affixOf(each, output)));
  return [commonStart(outputs), ending, ...frequent(affixes), ...frequent(outputs), ...frequent(separators)].filter(
    (text) => text !== '',
  );
}

/** What was taken from, or put to, an end of an argument. */
function affixOf(argument: Value, result: Value): string[] {
  if (typeof argument !== 'string' || typeof result !== 'string') return [];
  const isLonger = argument.length < result.length;
  const short = isLonger ? argument : result;
  const long = isLonger ? result : argument;
  if (long.startsWith(short)) return [long.slice(short.length)];
  return long.endsWith(short) ? [long.slice(0, long.length - short.length)] : [];
}

function mirrored(text: string): string {
  return text.split('').toReversed().join('');
}

function commonStart(texts: readonly string[]): string {
  const [first = ''] = texts;
  let length = first.length;
  for (const text of texts) while (!text.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

/** What occurs at least twice, the most frequent first. */
function frequent<Item>(items: readonly Item[]): Item[] {
  return [...Map.groupBy(items, (item) => item)]
    .filter(([, group]) => group.length > 1)
    .toSorted(([, left], [, right]) => right.length - left.length)
    .map(([item]) => item);
}
