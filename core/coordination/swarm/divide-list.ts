import type { Json } from '../../contract/json.ts';
import { InvalidFieldError } from '../../errors/errors.ts';
import { isObject } from '../map-reduce/canonical.ts';
import { type Mapping, splitByComplexity, splitByDependency, splitByFileType } from '../map-reduce/split.ts';
import type { SwarmStrategy } from './arrange-parts.ts';
import { splitByArea } from './split-by-area.ts';

/** A part of a list. */
export interface ListPart {
  readonly id: string;
  readonly dependsOn: readonly string[];
  readonly input: Json;
}

/** What a list is divided by, and for whom. */
export interface ListDivision {
  readonly by: 'item' | 'area' | 'file_type' | 'complexity' | 'dependency';
  readonly strategy: SwarmStrategy;
  /** How many work at once: as many parts of about equal complexity are made. */
  readonly size: number;
}

const readable = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const elementError = (position: number, needed: string): InvalidFieldError =>
  new InvalidFieldError('decompose.over', `Element ${position} of the list ${needed}.`);

const pathAt = (element: Json, position: number): string => {
  const path = isObject(element) ? (element['path'] ?? null) : element;
  if (typeof path !== 'string') throw elementError(position, 'is neither a path nor an object with a "path"');
  return path;
};

const complexityAt = (element: Json, position: number): number => {
  const complexity = isObject(element) ? element['complexity'] : undefined;
  if (typeof complexity !== 'number' || complexity < 0)
    throw elementError(position, 'has no number "complexity" from 0 up');
  return complexity;
};

const nodeAt = (element: Json, position: number): { readonly id: string; readonly dependsOn: readonly string[] } => {
  const { id = null, dependsOn = [] } = isObject(element) ? element : {};
  if (typeof id !== 'string') throw elementError(position, 'has no text "id"');
  if (!Array.isArray(dependsOn) || !dependsOn.every((name) => typeof name === 'string'))
    throw elementError(position, 'has a "dependsOn" that is no list of ids');
  return { id, dependsOn: dependsOn.flatMap((name) => (typeof name === 'string' ? name : [])) };
};

/** Names that cannot be ids of steps are counted instead. */
const named = (mappings: readonly Mapping[], list: readonly Json[], prefix: string): readonly ListPart[] =>
  mappings.map(({ name, items }, position) => ({
    id: readable.test(prefix + name) ? prefix + name : `part_${position + 1}`,
    dependsOn: [],
    input: items.map((item) => list[item] ?? null),
  }));

/**
 * Divides a list into parts, each element into exactly one. By `dependency` each element is a part that waits for those it
 * names; where nothing is waited for, what depends on each other stays together instead.
 * @throws InvalidFieldError naming the element that cannot be divided, CycleError, UnknownDependencyError.
 */
export const divideList = (list: readonly Json[], { by, strategy, size }: ListDivision): readonly ListPart[] => {
  switch (by) {
    case 'item':
      return list.map((input, position) => ({ id: `item-${position + 1}`, dependsOn: [], input }));
    case 'area':
      return named(splitByArea(list.map(pathAt)), list, '');
    case 'file_type':
      return named(splitByFileType(list.map(pathAt)), list, 'type-');
    case 'complexity':
      return named(splitByComplexity(list.map(complexityAt), size), list, '');
    case 'dependency': {
      const nodes = list.map(nodeAt);
      return strategy === 'parallel'
        ? named(splitByDependency(nodes, 'components'), list, '')
        : nodes.map((node, position) => ({ ...node, input: list[position] ?? null }));
    }
  }
};
