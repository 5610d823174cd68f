import { describe, expect, it } from 'vitest';
import { readSourceInput } from '../../../../examples/shared/source-input.ts';
import { countLines } from '../../../../examples/tech-debt/count-lines.ts';
import { DebtReport, DebtRequest, Priorities } from '../../../../examples/tech-debt/debt.ts';
import { rank, refactor, report, scanDuplication, scanFiles } from '../../../../examples/tech-debt/handlers.ts';
import { renderDebt } from '../../../../examples/tech-debt/render.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';
import { techDebtChecker } from '../../../support/examples/tech-debt.ts';

const scan = async (raw: unknown): Promise<DebtReport> => {
  const request = DebtRequest.parse(raw);
  const files = await readSourceInput(request);
  const scans = [(await runHandler(scanFiles, { files, threshold: request.complexityThreshold })).output];
  const duplication = (await runHandler(scanDuplication, { files, threshold: request.duplicationThreshold })).output;
  const { items, top, swarms } = Priorities.parse(
    (await runHandler(rank, { scans, duplication, top: request.top })).output,
  );
  const parts = await Promise.all(
    top.map(async (item) => ({
      id: item.id,
      status: 'succeeded',
      output: (await runHandler(refactor, { item, files })).output,
    })),
  );
  const proposals = swarms.map(() => parts);
  const counted = files.map(({ path, text }) => ({ path, lines: countLines(text) }));
  const { output } = await runHandler(report, { files: counted, items, proposals, previous: request.previous });
  return DebtReport.parse(output);
};

describe('the scan over generated sources', () => {
  it.each(checkedSeeds)('finds what is planted and proposes what adds up (seed %i)', async (seed) => {
    await expect(techDebtChecker.check(seed, await scan(techDebtChecker.input(seed)))).resolves.toBeUndefined();
  });
});

describe('a scan', () => {
  it('moves no code out of a function that returns or jumps from within it', async () => {
    const jumps = Array.from({ length: 8 }, (_, index) => `for (const x of y) { if (x > ${index}) return ${index}; }`);
    const text = `export function f(y) {\n${jumps.join('\n')}\n}\n`;
    const { actionPlan } = await scan({ files: { 'a.js': text } });
    expect(actionPlan[0]).toMatchObject({ extractions: [], measureAfter: 17, isSufficient: false });
    expect(actionPlan[0]?.steps.join()).toContain('guard clauses');
  });

  it('takes no text of a string, a template or a comment for code', async () => {
    const literal = `export const a = \`${'x = y + z; '.repeat(30)}\`;\n/* ${'x = y + z; '.repeat(30)} */\n`;
    expect((await scan({ files: { 'a.ts': literal, 'b.ts': literal } })).byCategory.duplication).toBe(0);
  });

  it('counts a run that repeats within itself once for each stretch', async () => {
    const text = 'a = b + c;\n'.repeat(20);
    const { items } = await scan({ files: { 'a.js': text } });
    expect(items.map(({ places }) => places.length)).toEqual([2]);
  });

  it('tells long functions, many parameters and large files', async () => {
    const text = `export function f(a, b, c, d, e) {\n${'  a();\n'.repeat(70)}}\n${'f();\n'.repeat(400)}`;
    const { items } = await scan({ files: { 'a.js': text }, duplicationThreshold: 1000 });
    expect(items.filter(({ category }) => category === 'smell').map(({ id }) => id.split(':')[0])).toEqual(
      expect.arrayContaining(['long', 'parameters', 'large']),
    );
  });

  it('compares with an earlier one', async () => {
    const files = { 'a.js': '// TODO one\n// FIXME two\n' };
    const first = await scan({ files });
    const second = await scan({ files: { 'a.js': '// TODO one\n\n' }, previous: first.metrics });
    expect(second.trend).toEqual({ items: 0, minutes: -30, isBetter: true });
    expect(renderDebt(second)).toContain('-30 min since the last scan');
  });

  it('refuses an input without sources and paths that lead out', async () => {
    await expect(scan({ files: {} })).rejects.toThrow('no sources');
    expect(DebtRequest.safeParse({ files: { '../x.js': '' } }).success).toBe(false);
  });
});

it.each([
  ['', 0],
  ['a', 1],
  ['a\n', 1],
  ['a\nb\n', 2],
  ['a\n\n', 2],
])('counts the lines of %j as %i', (text, lines) => expect(countLines(text)).toBe(lines));
