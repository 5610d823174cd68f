import type { Json } from '../../contract/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { valueAt } from '../template.ts';
import { canonical, isObject } from './canonical.ts';
import { aggregateIssues } from './issues.ts';
import { aggregateMetrics } from './metrics.ts';
import { aggregateSuggestions } from './suggestions.ts';
import { exactSum } from './sum.ts';

/** What a map task answered. */
export interface Part {
  readonly name: string;
  readonly output: Json;
}

/** A reducer that is built in. `path` is dotted, as in a template. */
export type Reducer =
  | 'concat'
  | 'sum'
  | 'merge'
  | 'majority_vote'
  | 'issues'
  | 'suggestions'
  | 'metrics'
  | { readonly bestOf: string; readonly order?: 'highest' | 'lowest' };

/** Outputs that a reducer can make nothing of. Never retryable. */
export class IrreducibleError extends AppError {
  override readonly name = 'IrreducibleError';
  constructor(part: string, message: string) {
    super('INVALID_FIELD', `The output of "${part}" cannot be reduced: ${message}`, { field: part });
  }
}

/** All elements of all lists in the order of the parts; what is no list is one element. */
const concat = (parts: readonly Part[]): Json => parts.flatMap(({ output }) => output);

/** Numbers added up; objects field by field, a missing field counts as nothing. */
const sum = (parts: readonly Part[]): Json => {
  const numbers = parts.filter(({ output }) => typeof output === 'number');
  const [odd] = parts.filter(({ output }) => typeof output !== 'number' && !isObject(output));
  if (odd !== undefined) throw new IrreducibleError(odd.name, 'only numbers and objects of numbers have a sum.');
  if (numbers.length === parts.length)
    return exactSum(numbers.map(({ output }) => (typeof output === 'number' ? output : 0)));
  const [number] = numbers;
  if (number !== undefined) throw new IrreducibleError(number.name, 'it is a number where others are objects.');
  const fields = new Map<string, Part[]>();
  for (const { name, output } of parts)
    for (const [field, value] of Object.entries(isObject(output) ? output : {}))
      fields.set(field, [...(fields.get(field) ?? []), { name: `${name}.${field}`, output: value }]);
  return Object.fromEntries([...fields].map(([field, values]) => [field, sum(values)]));
};

interface Conflict {
  readonly path: string;
  readonly kept: Json;
  readonly refused: Json;
  readonly part: string;
}

const union = (first: readonly Json[], second: readonly Json[]): Json => {
  const byText = new Map([...second, ...first].map((value) => [canonical(value), value]));
  return [...new Set([...first, ...second].map(canonical))].map((text) => byText.get(text) ?? null);
};

const mergeInto = (kept: Json, part: Part, path: string, conflicts: Conflict[]): Json => {
  const { name, output } = part;
  if (isObject(kept) && isObject(output)) {
    const merged = new Map(Object.entries(kept));
    for (const [field, value] of Object.entries(output)) {
      const before = merged.get(field);
      const inner = path === '' ? field : `${path}.${field}`;
      merged.set(field, before === undefined ? value : mergeInto(before, { name, output: value }, inner, conflicts));
    }
    return Object.fromEntries(merged);
  }
  if (Array.isArray(kept) && Array.isArray(output)) return union(kept, output);
  if (canonical(kept) !== canonical(output)) conflicts.push({ path, kept, refused: output, part: name });
  return kept;
};

/**
 * Objects field by field, lists by union. Where two parts differ the earlier one stands, and the difference is listed.
 */
const merge = ([first, ...others]: readonly Part[]): Json => {
  const conflicts: Conflict[] = [];
  const merged = others.reduce<Json>((kept, part) => mergeInto(kept, part, '', conflicts), first?.output ?? null);
  return { merged, conflicts: conflicts.map((conflict) => ({ ...conflict })) };
};

/** The value that more than half of the parts gave, if any; how often each was given, the most frequent first. */
const majorityVote = (parts: readonly Part[]): Json => {
  const counts = new Map<string, { value: Json; votes: number }>();
  for (const { output } of parts) {
    const text = canonical(output);
    counts.set(text, { value: output, votes: (counts.get(text)?.votes ?? 0) + 1 });
  }
  const ranked = [...counts.entries()]
    .toSorted(([textA, a], [textB, b]) => b.votes - a.votes || (textA < textB ? -1 : 1))
    .map(([, count]) => count);
  const [top] = ranked;
  const hasMajority = top !== undefined && top.votes * 2 > parts.length;
  return { hasMajority, value: hasMajority ? top.value : null, votes: ranked, total: parts.length };
};

/** The best output, its number, whose it is, and whose had none. */
export interface Best {
  readonly best: Json;
  readonly score: number | null;
  readonly from: string | null;
  readonly unscored: readonly string[];
}

/** The output with the best number at the path, the earlier among equals; which have no number there. */
export const bestOf = (parts: readonly Part[], path: string, order: 'highest' | 'lowest'): Best => {
  const scored = parts.map((part) => ({ part, score: valueAt(part.output, path.split('.')) }));
  const unscored = scored.filter(({ score }) => typeof score !== 'number').map(({ part }) => part.name);
  let best: { part: Part; score: number } | undefined;
  for (const { part, score } of scored)
    if (typeof score === 'number') {
      const isBetter = best === undefined || (order === 'highest' ? score > best.score : score < best.score);
      if (isBetter) best = { part, score };
    }
  return best === undefined
    ? { best: null, score: null, from: null, unscored }
    : { best: best.part.output, score: best.score, from: best.part.name, unscored };
};

/**
 * Reduces what the map tasks answered, in the order of the parts.
 * @throws IrreducibleError naming the part, for `sum` and the aggregators.
 */
export const reduce = (reducer: Reducer, parts: readonly Part[]): Json => {
  if (typeof reducer === 'object') {
    const { unscored, ...best } = bestOf(parts, reducer.bestOf, reducer.order ?? 'highest');
    return { ...best, unscored: [...unscored] };
  }
  switch (reducer) {
    case 'concat':
      return concat(parts);
    case 'sum':
      return sum(parts);
    case 'merge':
      return merge(parts);
    case 'majority_vote':
      return majorityVote(parts);
    case 'issues':
      return aggregateIssues(parts);
    case 'suggestions':
      return aggregateSuggestions(parts);
    case 'metrics':
      return aggregateMetrics(parts);
  }
};
