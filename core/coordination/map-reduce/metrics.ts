import type { Json } from '../../contract/json.ts';
import { isObject } from './canonical.ts';
import { exactSum } from './sum.ts';

/** The smallest value that at least this share of the values does not exceed (nearest rank). */
export const percentile = (ascending: readonly number[], percent: number): number =>
  ascending[Math.max(0, Math.ceil((percent * ascending.length) / 100) - 1)] ?? 0;

const summaryOf = (values: readonly number[]): Json => {
  const ascending = values.toSorted((a, b) => a - b);
  const total = exactSum(ascending);
  return {
    count: values.length,
    sum: total,
    mean: total / values.length,
    min: percentile(ascending, 0),
    p50: percentile(ascending, 50),
    p95: percentile(ascending, 95),
    max: percentile(ascending, 100),
  };
};

/** For each number that any output has, by its dotted path: count, sum, mean, percentiles. Other values are passed over. */
export const aggregateMetrics = (parts: readonly { readonly output: Json }[]): Json => {
  const values = new Map<string, number[]>();
  const collect = (value: Json, path: string): void => {
    if (typeof value === 'number') {
      const known = values.get(path);
      if (known === undefined) values.set(path, [value]);
      else known.push(value);
    } else if (isObject(value))
      for (const [name, inner] of Object.entries(value)) collect(inner, path === '' ? name : `${path}.${name}`);
  };
  for (const { output } of parts) collect(output, '');
  return {
    metrics: Object.fromEntries(
      [...values].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([path, list]) => [path || 'value', summaryOf(list)]),
    ),
    parts: parts.length,
  };
};
