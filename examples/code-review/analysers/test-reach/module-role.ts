import { fileKind, isGenerated, isMinified, isTestPath } from '../file-kind.ts';
import type { SourceFile } from '../finding.ts';
import type { ModuleIndex } from './module-index.ts';
import { joinPath } from './module-index.ts';
import type { ModuleFacts } from './read-module.ts';
import { located, packageEntries } from './resolve-module.ts';

const CONFIGURATION =
  /(?:^|\/)(?:[^/]+\.config|[^/]+\.setup|\.[^/]+rc|gulpfile|gruntfile|jakefile|karma\.conf|webpack\.[\w.]+|rollup\.[\w.]+|vitest\.[\w.]+|jest\.[\w.]+|next-env|setup-?tests?)\.[cm]?[jt]sx?$/i;
const SUPPORT =
  /(?:^|\/)(?:__mocks__|__fixtures__|\.storybook|bench|benchmarks?|stories)\/|\.(?:stories|story|bench|benchmark|mock|fixture)\.[cm]?[jt]sx?$/i;
const ENTRY_NAME = /(?:^|\/)(?:main|index|cli|server|app|bin|start|bootstrap|handler|worker)\.[cm]?[jt]sx?$/i;

/** Whether the file is a test, or lives where only tests and their helpers live. */
export function isTestModule(path: string): boolean {
  return fileKind(path) === 'script' && (isTestPath(path) || /(?:^|[/._-])tests?[._-][^/]*\.[cm]?[jt]sx?$/i.test(path));
}

/** Whether a test of the module is to be expected: it is written by hand, is no configuration, and can be imported for what it does. */
export function deservesTest(file: SourceFile, module: ModuleFacts): boolean {
  if (fileKind(file.path) !== 'script' || isTestModule(file.path)) return false;
  if (CONFIGURATION.test(file.path) || SUPPORT.test(file.path)) return false;
  if (isGenerated(file.text) || isMinified(file.path, file.text)) return false;
  if (module.hasErrors || module.hasOwnTests || !module.hasLogic) return false;
  return module.values.length > 0 || module.hasCommonJsExports;
}

/**
 * Whether the module is where a program starts: a script with a shebang or a check for being main, a target of `bin` or
 * of an npm script, or a module with a starting name or a package entry that acts when loaded.
 */
export function isEntryPoint(file: SourceFile, module: ModuleFacts, entries: Entries): boolean {
  if (file.text.startsWith('#!') || module.knowsItIsMain || entries.programs.has(file.path)) return true;
  if (module.hasTopLevelEffect && ENTRY_NAME.test(file.path)) return true;
  return entries.packages.has(file.path) && module.hasTopLevelEffect;
}

/** The scripts that manifests name. */
export interface Entries {
  readonly programs: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** Reads the entry points that the packages' manifests declare. */
export function readEntries(index: ModuleIndex): Entries {
  const programs = new Set<string>();
  const packages = new Set<string>();
  for (const own of index.packages) {
    for (const path of packageEntries(index, own)) packages.add(path);
    const { bin, scripts } = own.manifest;
    const words = Object.values(scripts ?? {}).flatMap((command) =>
      typeof command === 'string' ? command.split(/[\s"'=]+/) : [],
    );
    const targets = [...binTargets(bin), ...words.filter((word) => /\.[cm]?[jt]sx?$/.test(word))];
    for (const target of targets) {
      for (const path of located(index, joinPath(own.folder, target))) programs.add(path);
      for (const path of located(
        index,
        joinPath(own.folder, target.replace(/^(?:\.\/)?(?:dist|build|lib)\//, 'src/')),
      )) {
        programs.add(path);
      }
    }
  }
  return { programs, packages };
}

function binTargets(bin: unknown): string[] {
  if (typeof bin === 'string') return [bin];
  return typeof bin === 'object' && bin !== null ? Object.values(bin).filter((each) => typeof each === 'string') : [];
}
