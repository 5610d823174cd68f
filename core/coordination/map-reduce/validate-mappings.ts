import type { Mapping } from './split.ts';

/** What is wrong with how items were mapped. `items` are positions. */
export interface MappingProblem {
  readonly kind: 'unmapped' | 'mapped_twice' | 'unknown_item' | 'empty_mapping' | 'name_taken';
  /** The mapping at fault, where it is one. */
  readonly mapping?: string;
  readonly items: readonly number[];
  readonly message: string;
}

/** As many positions as a message names. */
const namedPositions = 10;

const list = (items: readonly number[]): string =>
  items.length > namedPositions
    ? `${items.slice(0, namedPositions).join(', ')} and ${items.length - namedPositions} more`
    : items.join(', ');

const inMapping = ({ name, items }: Mapping, count: number, isTaken: boolean): readonly MappingProblem[] => {
  const unknown = items.filter((item) => !Number.isInteger(item) || item < 0 || item >= count);
  const problems: MappingProblem[] = [];
  if (items.length === 0)
    problems.push({ kind: 'empty_mapping', mapping: name, items, message: `The mapping "${name}" has no items.` });
  if (unknown.length > 0)
    problems.push({
      kind: 'unknown_item',
      mapping: name,
      items: unknown,
      message: `The mapping "${name}" names items that do not exist: ${list(unknown)}. There are ${count}.`,
    });
  if (isTaken)
    problems.push({ kind: 'name_taken', mapping: name, items: [], message: `Two mappings are called "${name}".` });
  return problems;
};

/**
 * What keeps the mappings from mapping each of `count` items exactly once, into parts that have names of their own and
 * are not empty. Nothing when all is well.
 */
export const validateMappings = (mappings: readonly Mapping[], count: number): readonly MappingProblem[] => {
  const times = Array.from({ length: count }, () => 0);
  const names = new Set<string>();
  const problems: MappingProblem[] = [];
  for (const mapping of mappings) {
    problems.push(...inMapping(mapping, count, names.has(mapping.name)));
    names.add(mapping.name);
    for (const item of mapping.items) {
      const before = times[item];
      if (before !== undefined) times[item] = before + 1;
    }
  }
  const unmapped = times.flatMap((time, item) => (time === 0 ? [item] : []));
  const twice = times.flatMap((time, item) => (time > 1 ? [item] : []));
  if (unmapped.length > 0)
    problems.push({ kind: 'unmapped', items: unmapped, message: `No mapping has the items ${list(unmapped)}.` });
  if (twice.length > 0)
    problems.push({
      kind: 'mapped_twice',
      items: twice,
      message: `These items are mapped more than once: ${list(twice)}.`,
    });
  return problems;
};
