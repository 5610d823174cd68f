import { expect } from 'vitest';
import { DebtReport } from '../../../examples/tech-debt/debt.ts';
import { type Checker, Dice } from './checker.ts';

interface Planted {
  readonly files: Record<string, string>;
  /** Complexity by function name, of those above the limit. */
  readonly complex: ReadonlyMap<string, number>;
  /** Files that hold the same function, and its tokens. */
  readonly clones: readonly { readonly files: string[]; readonly tokens: number }[];
  readonly markers: ReadonlyMap<string, number>;
}

const limit = 15;

/** A function whose complexity is one more than its ifs; every one stands on a line of its own. */
const complexFunction = (name: string, ifs: number, dice: Dice): string => {
  const lines: string[] = [];
  let left = ifs;
  while (left > 0) {
    const group = Math.min(left, dice.whole(1, 6));
    lines.push(`  if (input > ${dice.whole(1, 999)}) {`);
    for (let inner = 1; inner < group; inner += 1)
      lines.push(
        `    if (input % ${dice.whole(2, 99)} === ${inner}) {`,
        `      total += ${dice.whole(1, 999)};`,
        '    }',
      );
    lines.push(`    total -= ${dice.whole(1, 999)};`, '  }');
    left -= group;
  }
  return `export function ${name}(input) {\n  let total = ${dice.whole(1, 9)};\n${lines.join('\n')}\n  return total;\n}\n`;
};

/** Assignments of six tokens each: `name = a + b ;` — and a comment that must not count. */
const cloned = (name: string, statements: number): string =>
  Array.from({ length: statements }, (_, index) => `  ${name}${index} = left${index} + right${index};`).join(
    ' // same\n',
  );

const make = (seed: number): Planted => {
  const dice = new Dice(seed);
  const files: Record<string, string> = {};
  const complex = new Map<string, number>();
  const markers = new Map<string, number>();
  const clones: { files: string[]; tokens: number }[] = [];
  for (let index = 0; index < 6; index += 1) {
    const name = `work${seed}x${index}`;
    const ifs = dice.pick([dice.whole(2, 12), dice.whole(16, 24), dice.whole(30, 40)]);
    if (ifs + 1 > limit) complex.set(name, ifs + 1);
    const notes = dice.whole(0, 2);
    if (notes > 0) markers.set(`src/m${index}.js`, notes);
    const head = dice.times(notes, (note) => `// TODO ${note}: later\n`).join('');
    files[`src/m${index}.js`] =
      `${head}const text = 'TODO in a string';\n${complexFunction(name, ifs, dice)}export { text };\n`;
  }
  const copies = dice.whole(2, 4);
  const statements = dice.whole(9, 20);
  const body = cloned(`v${seed}x`, statements);
  const paths = dice.times(copies, (index) => `src/copy${index}.ts`);
  for (const [index, path] of paths.entries())
    files[path] = `export function own${index}() {\n  start${index}();\n${body}\n  end${index}();\n}\n`;
  clones.push({ files: paths, tokens: statements * 6 });
  // Seven statements are 42 tokens, and three of the call before them: below the limit.
  const small = cloned(`small${seed}x`, 7);
  for (const index of [0, 1]) files[`src/small${index}.ts`] = `begin${index}${index}();\n${small}\nfinish${index}();\n`;
  return { files, complex, clones, markers };
};

const decisionsIn = (text: string): number => text.match(/\bif \(/g)?.length ?? 0;

export const techDebtChecker: Checker = {
  input: (seed) => ({ files: make(seed).files }),
  async check(seed, given) {
    const { files, complex, clones, markers } = make(seed);
    const report = DebtReport.parse(given);
    const of = (category: string) => report.items.filter((item) => item.category === category);
    const found = of('complexity').map(({ title, measure }) => [/Function (\w+)/.exec(title)?.[1], measure]);
    expect(new Map(found.map(([name, measure]) => [name, measure]))).toEqual(complex);
    expect(
      of('duplication').map(({ measure, places }) => ({ tokens: measure, files: places.map(({ file }) => file) })),
    ).toEqual(
      clones.map(({ files: paths, tokens }) => ({
        tokens: expect.toSatisfy((n: number) => n >= tokens && n <= tokens + 4),
        files: paths,
      })),
    );
    expect(new Map(of('marker').map(({ places, measure }) => [places[0]?.file, measure]))).toEqual(markers);
    const severities = report.items.map(({ severity }) =>
      ['critical', 'high', 'medium', 'low', 'info'].indexOf(severity),
    );
    expect(severities).toEqual(severities.toSorted((left, right) => left - right));
    expect(report.actionPlan.map(({ item }) => item)).toEqual(report.items.slice(0, 5).map(({ id }) => id));
    for (const proposal of report.actionPlan) {
      const item = report.items.find(({ id }) => id === proposal.item);
      if (item?.category !== 'complexity') continue;
      const parts = proposal.extractions.map(({ place, complexity, parameters, results }) => {
        const lines = (files[place.file] ?? '')
          .split('\n')
          .slice(place.line - 1, place.endLine)
          .join('\n');
        expect(complexity).toBe(decisionsIn(lines) + 1);
        expect(complexity).toBeLessThanOrEqual(limit);
        expect(parameters).toEqual(['input', 'total']);
        expect(results).toEqual(['total']);
        expect(place.line).toBeGreaterThan(item.places[0]?.line ?? Infinity);
        expect(place.endLine).toBeLessThan(item.places[0]?.endLine ?? 0);
        return { from: place.line, to: place.endLine, decisions: complexity - 1 };
      });
      for (const [index, part] of parts.entries()) expect(part.from).toBeGreaterThan(parts[index - 1]?.to ?? 0);
      expect(proposal.measureAfter).toBe(item.measure - parts.reduce((sum, { decisions }) => sum + decisions, 0));
      expect(proposal.measureAfter).toBeLessThanOrEqual(limit);
    }
    expect(report.metrics.files).toBe(Object.keys(files).length);
  },
};
