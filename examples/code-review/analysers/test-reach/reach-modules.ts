import type { ModuleIndex } from './module-index.ts';
import { folderOf, joinPath } from './module-index.ts';
import type { ModuleFacts, Reference } from './read-module.ts';
import { located, resolveModule } from './resolve-module.ts';

/** The modules that run when the roots run, and the names that are taken from each (`*`: all). */
export type Reach = ReadonlyMap<string, ReadonlySet<string>>;

interface Wanted {
  readonly path: string;
  readonly names: readonly string[];
}

/** Follows imports, re-exports, `require`, dynamic imports and paths of files in calls from the roots. */
export function reachModules(
  index: ModuleIndex,
  facts: ReadonlyMap<string, ModuleFacts>,
  roots: readonly string[],
): Reach {
  const reached = new Map<string, Set<string>>();
  const pending: Wanted[] = roots.map((path) => ({ path, names: ['*'] }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const module = facts.get(next.path);
    const isFirst = !reached.has(next.path);
    const taken = reached.get(next.path) ?? new Set<string>();
    reached.set(next.path, taken);
    const fresh = next.names.filter((name) => !taken.has(name));
    for (const name of fresh) taken.add(name);
    if (module === undefined) continue;
    const { path } = next;
    if (isFirst) pending.push(...loadedBy(index, path, module));
    if (isFirst || fresh.length > 0) pending.push(...passedOn(index, path, module, taken));
  }
  return reached;
}

function loadedBy(index: ModuleIndex, path: string, module: ModuleFacts): Wanted[] {
  return module.references.flatMap((reference) =>
    targetsOf(index, path, reference).map((target) => ({ path: target, names: reference.names })),
  );
}

/** Loading a module loads what it re-exports; the names asked of it are asked of the origin. */
function passedOn(index: ModuleIndex, path: string, module: ModuleFacts, taken: ReadonlySet<string>): Wanted[] {
  return module.reExports.flatMap((each) => {
    const names = passedNames(each.name, each.exported, taken);
    return resolveModule(index, path, each.specifier).map((target) => ({ path: target, names }));
  });
}

function passedNames(name: string, exported: string, taken: ReadonlySet<string>): string[] {
  if (exported === '*') return [...taken];
  return taken.has(exported) || taken.has('*') ? [name] : [];
}

function targetsOf(index: ModuleIndex, from: string, reference: Reference): string[] {
  if (reference.isPattern) return matching(index, from, reference.specifier);
  const found = resolveModule(index, from, reference.specifier);
  if (found.length > 0 || !reference.isPath) return found;
  // Paths given to a process or a bundler start at the working folder: the root or the package.
  const home = index.packages.map((each) => each.folder).find((folder) => from.startsWith(`${folder}/`)) ?? '';
  return [home, ''].flatMap((folder) => located(index, joinPath(folder, reference.specifier))).slice(0, 1);
}

function matching(index: ModuleIndex, from: string, pattern: string): string[] {
  const full = pattern.startsWith('/') ? pattern.slice(1) : joinPath(folderOf(from), pattern);
  if (full === undefined) return [];
  const parts = full
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\\\{[^}]*\\\}/g, '.*'));
  const expression = new RegExp(`^${parts.join('.*')}(?:\\.[cm]?[jt]sx?)?$`);
  return [...index.scripts.keys()].filter((path) => expression.test(path));
}
