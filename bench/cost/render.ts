import type { Bill } from './bill.ts';
import { comparisons } from './comparisons.ts';
import { prices } from './prices.ts';

const count = (value: number): string => String(Number(value.toFixed(1)));
const dollars = (usd: number): string => (usd >= 100 ? usd.toFixed(0) : usd.toFixed(2));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

/** Lines of a bill that are named where it is above its target. */
const namedLines = 4;

/** Which units are above their target, and by which lines, the dearest first. */
const missed = (bills: readonly Bill[]): readonly string[] =>
  bills.flatMap(({ title, usd, targetUsd, lines }) => {
    if (targetUsd === undefined || usd <= targetUsd) return [];
    const dearest = lines.toSorted((one, other) => other.usd - one.usd).slice(0, namedLines);
    const named = dearest.map((line) => `\`${line.unit}\` ${dollars(line.usd)} (${count(line.count)} of each)`);
    return [`Above the target of ${dollars(targetUsd)}: ${title}, by ${named.join(', ')}.`];
  });

/** The units beside what they cost elsewhere. */
export const overview = (bills: readonly Bill[]): string => {
  const million = bills.filter(({ per }) => per === 'million');
  const month = bills.filter(({ per }) => per === 'month');
  return [
    table(
      ['dollars for a million', 'Muster', ...comparisons.map(({ name }) => name)],
      million.map(({ title, usd, elsewhere }) => [title, dollars(usd), ...elsewhere.map((one) => dollars(one.usd))]),
    ),
    ...missed(million),
    table(
      ['dollars a month', 'Muster'],
      month.map(({ title, usd }) => [title, dollars(usd)]),
    ),
  ].join('\n\n');
};

const target = ({ usd, targetUsd }: Bill): string =>
  targetUsd === undefined
    ? ''
    : usd <= targetUsd
      ? ` (target ${targetUsd}: met)`
      : ` (target ${targetUsd}: **missed**)`;

const section = (bill: Bill): string => {
  const per = bill.per === 'million' ? 'a million' : 'a month';
  return [
    `### ${bill.title}`,
    '',
    `${dollars(bill.usd)} dollars ${per}${target(bill)}.`,
    '',
    table(
      ['', bill.per === 'million' ? 'count of one' : 'count', 'dollars'],
      bill.lines.map((line) => [`${line.service}: \`${line.unit}\``, count(line.count), dollars(line.usd)]),
    ),
  ].join('\n');
};

/** Everything: the bills line by line, the prices, and how others count. */
export const details = (bills: readonly Bill[]): string =>
  [
    overview(bills),
    '## Line by line',
    ...bills.map(section),
    '## Prices',
    table(
      ['unit', 'dollars per million', 'how it is counted', 'source'],
      prices.map(({ unit, usdPerMillion, counting, source }) => [
        `\`${unit}\``,
        String(usdPerMillion),
        counting,
        source,
      ]),
    ),
    '## Elsewhere',
    'Published prices of the first paid tier, without plan fees, free allowances, support, storage and the computing of workers.',
    table(
      ['service', 'dollars per million', 'what is counted', 'source'],
      comparisons.map(({ name, usdPerMillion, counting, source }) => [name, String(usdPerMillion), counting, source]),
    ),
  ].join('\n\n');
