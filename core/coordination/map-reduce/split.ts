import { balance } from '../balance.ts';
import { type DagNode, layersOf } from '../dag/levels.ts';
import { orderByDependency } from '../order.ts';

/** The part of the items that one map task gets: their positions in the list, ascending. */
export interface Mapping {
  readonly name: string;
  readonly items: readonly number[];
}

const positions = (count: number): readonly number[] => Array.from({ length: count }, (_, position) => position);

/** Chunks of at most `size` consecutive items. */
export const splitBySize = (count: number, size: number): readonly Mapping[] => {
  const step = Math.max(1, Math.floor(size));
  return Array.from({ length: Math.ceil(count / step) }, (_, chunk) => ({
    name: `chunk-${chunk + 1}`,
    items: positions(count).slice(chunk * step, (chunk + 1) * step),
  }));
};

/** What a path's name ends with, in lower case; `none` for a name without an ending, such as `Makefile` or `.env`. */
export const fileTypeOf = (path: string): string => {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 && dot < name.length - 1 ? name.slice(dot + 1).toLowerCase() : 'none';
};

const grouped = (names: readonly string[]): readonly Mapping[] => {
  const groups = new Map<string, number[]>();
  for (const [position, name] of names.entries()) groups.set(name, [...(groups.get(name) ?? []), position]);
  return [...groups].map(([name, items]) => ({ name, items }));
};

/** One mapping for each type of file, in the order in which the types first appear. */
export const splitByFileType = (paths: readonly string[]): readonly Mapping[] => grouped(paths.map(fileTypeOf));

/** At most `bins` mappings of about equal complexity. */
export const splitByComplexity = (complexities: readonly number[], bins: number): readonly Mapping[] =>
  balance(
    complexities,
    Array.from({ length: Math.max(1, Math.floor(bins)) }, () => 0),
  )
    .filter((items) => items.length > 0)
    .map((items, bin) => ({ name: `bin-${bin + 1}`, items }));

/** The node that stands for the group of this one; shortens the way for the next who asks. */
const rootOf = (roots: Map<string, string>, id: string): string => {
  let root = id;
  for (let next = roots.get(root); next !== undefined && next !== root; next = roots.get(root)) root = next;
  roots.set(id, root);
  return root;
};

/**
 * Keeps together what depends on each other. `components`: whatever is connected by dependencies is one mapping, so
 * mappings are independent. `layers`: a mapping holds what depends only on earlier mappings.
 * @throws CycleError, UnknownDependencyError.
 */
export const splitByDependency = (nodes: readonly DagNode[], by: 'components' | 'layers'): readonly Mapping[] => {
  const position = new Map(nodes.map(({ id }, index) => [id, index]));
  if (by === 'layers')
    return layersOf(nodes).map((layer, depth) => ({
      name: `layer-${depth + 1}`,
      items: layer.map(({ id }) => position.get(id) ?? 0).toSorted((a, b) => a - b),
    }));
  orderByDependency(nodes);
  const roots = new Map(nodes.map(({ id }) => [id, id]));
  for (const { id, dependsOn } of nodes)
    for (const dependency of dependsOn) roots.set(rootOf(roots, dependency), rootOf(roots, id));
  return grouped(nodes.map(({ id }) => rootOf(roots, id))).map(({ items }, group) => ({
    name: `group-${group + 1}`,
    items,
  }));
};
