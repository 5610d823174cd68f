import { type Comparison, comparisons, type Shape } from './comparisons.ts';
import type { Measured } from './measure.ts';
import { costOf, prices } from './prices.ts';
import type { Counts } from './rig.ts';
import { costUnits, monthUnits } from './units.ts';

/** One line of a bill. */
export interface BillLine {
  readonly unit: string;
  readonly service: string;
  readonly count: number;
  readonly usd: number;
}

/** A unit's bill: of a million of it, or of a month. */
export interface Bill {
  readonly id: string;
  readonly title: string;
  readonly per: 'million' | 'month';
  readonly usd: number;
  readonly targetUsd?: number;
  readonly lines: readonly BillLine[];
  /** What the same unit costs elsewhere. */
  readonly elsewhere: readonly { readonly name: string; readonly usd: number }[];
}

const linesOf = (counts: Counts, factor: number): readonly BillLine[] =>
  prices.flatMap(({ unit, service }) => {
    const count = counts[unit] ?? 0;
    return count === 0 ? [] : [{ unit, service, count, usd: costOf(unit, count) * factor }];
  });

/** Dollars for a million of a shape at another service. */
const elsewhereOf = (service: Comparison, shape: Shape): number => {
  // Those who know only workflows start one for a single task.
  const runs = Math.max(shape.runs, 1);
  return service.units({ ...shape, runs }) * service.usdPerMillion;
};

/** The bill of what was measured. @throws Error when something was counted that has no price */
export const billOf = ({ id, counts }: Measured): Bill => {
  const unpriced = Object.keys(counts).filter((unit) => !prices.some((price) => price.unit === unit));
  if (unpriced.length > 0) throw new Error(`There is no price for ${unpriced.join(', ')}.`);
  const sum = (lines: readonly BillLine[]): number => lines.reduce((total, { usd }) => total + usd, 0);
  const unit = costUnits.find((one) => one.id === id);
  if (unit === undefined) {
    const lines = linesOf(counts, 1);
    const title = monthUnits.find((one) => one.id === id)?.title ?? id;
    return { id, title, per: 'month', usd: sum(lines), lines, elsewhere: [] };
  }
  const lines = linesOf(counts, 1_000_000);
  return {
    id,
    title: unit.title,
    per: 'million',
    usd: sum(lines),
    ...(unit.targetUsdPerMillion === undefined ? {} : { targetUsd: unit.targetUsdPerMillion }),
    lines,
    elsewhere: comparisons.map((one) => ({ name: one.name, usd: elsewhereOf(one, unit.shape) })),
  };
};
