import type { Aliases, ModuleIndex, Package } from './module-index.ts';
import { folderOf, isInside, joinPath } from './module-index.ts';

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.d.ts'];
/** What a compiled extension may stand for in the sources. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx', '.mts'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts', '.ts'],
  '.cjs': ['.cts', '.ts'],
};

/** The reviewed scripts that a specifier can mean; several when conditions decide, none for packages from outside. */
export function resolveModule(index: ModuleIndex, from: string, specifier: string): string[] {
  const bare = specifier.replace(/[?#].*$/, (tail) => (specifier.startsWith('#') ? specifier : tail && ''));
  const name = specifier.startsWith('#') ? specifier : bare;
  if (/^\.{1,2}(?:\/|$)/.test(name)) return located(index, joinPath(folderOf(from), name));
  if (name.startsWith('/')) return located(index, name.slice(1));
  const found = [
    ...(name.startsWith('#') ? packageImports(index, from, name) : packageExports(index, name)),
    ...aliased(index, from, name),
  ];
  return found.length > 0 ? [...new Set(found)] : conventional(index, from, name);
}

/** The script at a path: exact, with an extension, as the source of a compiled name, or the index of a folder. */
export function located(index: ModuleIndex, path: string | undefined): string[] {
  if (path === undefined) return [];
  const has = (candidate: string): boolean => index.scripts.has(candidate);
  if (has(path)) return [path];
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0];
  const swapped = (SOURCES[extension ?? ''] ?? []).map((source) => path.slice(0, -(extension?.length ?? 0)) + source);
  const prefix = path === '' ? '' : `${path}/`;
  const candidates = [
    ...swapped,
    ...EXTENSIONS.map((each) => path + each),
    ...EXTENSIONS.map((each) => `${prefix}index${each}`),
  ];
  const first = candidates.find(has);
  return first === undefined ? packageMain(index, path) : [first];
}

function packageMain(index: ModuleIndex, path: string): string[] {
  const own = index.packages.find((each) => each.folder === path && path !== '');
  return own === undefined ? [] : packageEntries(index, own);
}

/** The scripts that a package offers under its name alone. */
export function packageEntries(index: ModuleIndex, own: Package): string[] {
  const { main, module, source, browser } = own.manifest;
  const named = [main, module, source, browser].filter((each) => typeof each === 'string');
  const targets = [...exportTargets(own, '.'), ...named];
  const found = targets.flatMap((target) => sourceOf(index, own, target));
  if (found.length > 0) return [...new Set(found)];
  return ['index', 'src/index'].flatMap((each) => located(index, joinPath(own.folder, each))).slice(0, 1);
}

/** The script behind a published path: itself, or its source when the path is one of build output. */
function sourceOf(index: ModuleIndex, own: Package, target: string): string[] {
  const exact = located(index, joinPath(own.folder, target));
  if (exact.length > 0) return exact;
  const built = /^(?:\.\/)?(?:dist|build|lib|out|es|esm|cjs)\/(?:(?:esm|cjs|es|src|types)\/)?(.*)$/.exec(target)?.[1];
  if (built === undefined) return [];
  const path = built.replace(/\.d\.([cm]?)ts$/, '.$1js');
  return ['src', 'source', 'lib', '']
    .flatMap((folder) => located(index, joinPath(own.folder, `${folder}/${path}`)))
    .slice(0, 1);
}

function packageExports(index: ModuleIndex, name: string): string[] {
  const own = index.packages.find(({ manifest }) => {
    const { name: own } = manifest;
    return own !== undefined && (name === own || name.startsWith(`${own}/`));
  });
  if (own === undefined) return [];
  const rest = name.slice((own.manifest.name ?? '').length);
  if (rest === '') return packageEntries(index, own);
  const targets = exportTargets(own, `.${rest}`);
  const found = targets.flatMap((target) => sourceOf(index, own, target));
  return found.length > 0 ? found : sourceOf(index, own, `.${rest}`);
}

function exportTargets(own: Package, subpath: string): string[] {
  const { exports } = own.manifest;
  if (exports === undefined || exports === null) return [];
  const isMap = typeof exports === 'object' && Object.keys(exports).some((key) => key.startsWith('.'));
  if (!isMap) return subpath === '.' ? targetsIn(exports) : [];
  return matchPattern(Object.entries(exports), subpath);
}

function packageImports(index: ModuleIndex, from: string, name: string): string[] {
  const own = index.packages.find((each) => isInside(each.folder, from) && each.manifest.imports !== undefined);
  if (own === undefined) return [];
  const targets = matchPattern(Object.entries(own.manifest.imports ?? {}), name);
  return targets.flatMap((target) =>
    target.startsWith('.') ? sourceOf(index, own, target) : resolveModule(index, from, target),
  );
}

/** Targets of an exact key, else of the longest pattern with one `*`. */
function matchPattern(entries: readonly (readonly [string, unknown])[], name: string): string[] {
  const exact = entries.find(([key]) => key === name);
  if (exact !== undefined) return targetsIn(exact[1]);
  const patterns = entries
    .filter(([key]) => key.includes('*') || key.endsWith('/'))
    .toSorted(([left], [right]) => right.length - left.length);
  for (const [key, value] of patterns) {
    const middle = starOf(key, name);
    if (middle !== undefined) {
      return targetsIn(value).map((target) => (key.endsWith('/') ? target + middle : target.replaceAll('*', middle)));
    }
  }
  return [];
}

function starOf(pattern: string, name: string): string | undefined {
  const [before = '', after = ''] = pattern.split('*');
  const isLongEnough = name.length >= before.length + after.length;
  if (!isLongEnough || !name.startsWith(before) || !name.endsWith(after)) return undefined;
  return name.slice(before.length, name.length - after.length);
}

/** Every path in a target, whatever the condition. */
function targetsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(targetsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsIn) : [];
}

function aliased(index: ModuleIndex, from: string, name: string): string[] {
  for (const aliases of index.aliases) {
    const found = isInside(aliases.folder, from) ? aliasTargets(index, aliases, name) : [];
    if (found.length > 0) return found;
  }
  return [];
}

function aliasTargets(index: ModuleIndex, aliases: Aliases, name: string): string[] {
  const base = joinPath(aliases.folder, aliases.baseUrl ?? '.') ?? '';
  const targets = matchPattern(Object.entries(aliases.paths), name);
  const found = targets.flatMap((target) => located(index, joinPath(base, target)));
  if (found.length > 0 || aliases.baseUrl === undefined) return found.slice(0, 1);
  return located(index, joinPath(base, name));
}

/** `@/x` and `~/x` mean the source folder in every bundler's template. */
function conventional(index: ModuleIndex, from: string, name: string): string[] {
  const rest = /^[@~]\/(.*)$/.exec(name)?.[1];
  if (rest === undefined) return [];
  const home = index.packages.find((each) => isInside(each.folder, from))?.folder ?? '';
  return ['src', 'app', ''].flatMap((folder) => located(index, joinPath(home, `${folder}/${rest}`))).slice(0, 1);
}
