import { fileKind } from '../file-kind.ts';
import type { Finding, SourceFile } from '../finding.ts';
import { LineIndex } from '../line-index.ts';
import { indexModules } from './module-index.ts';
import { deservesTest, isEntryPoint, isTestModule, readEntries } from './module-role.ts';
import { reachModules } from './reach-modules.ts';
import type { ExportedValue, ModuleFacts } from './read-module.ts';
import { readModule } from './read-module.ts';

const AGENT = 'tests';
const SHOWN_NAMES = 5;

/**
 * Reports what no test can run:
 * - `tests/untested-module`: a module with logic that no test file loads, directly or through other modules;
 * - `tests/untested-export`: an exported function or class of a loaded module that no loaded module names, itself included.
 *
 * Loading is followed through imports, re-exports, `require`, dynamic imports, tsconfig paths, `imports` and `exports` of
 * package.json, and file paths in calls (workers, child processes). Importing a type loads nothing. Entry points,
 * configuration, generated files, declarations and modules without a function are left out.
 * A module counts as tested by being loaded: this is a lower bound of what is untested.
 */
export function analyseTests(files: readonly SourceFile[]): Finding[] {
  const index = indexModules(files);
  const facts = new Map([...index.scripts].map(([path, file]) => [path, readModule(file)]));
  const roots = [...index.scripts.keys()].filter((path) => isTestModule(path));
  const reached = reachModules(index, facts, roots);
  const entries = readEntries(index);
  return files.flatMap((file) => {
    const module = facts.get(file.path);
    if (module === undefined || fileKind(file.path) !== 'script' || !deservesTest(file, module)) return [];
    const taken = reached.get(file.path);
    if (taken === undefined) return isEntryPoint(file, module, entries) ? [] : [untestedModule(file, module)];
    if (taken.has('*') || module.hasCommonJsExports) return [];
    return untestedExports(file, module, taken);
  });
}

function untestedModule(file: SourceFile, module: ModuleFacts): Finding {
  const names = offeredNames(module);
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : '';
  const shown = names.length > 0 ? ` (${names.slice(0, SHOWN_NAMES).join(', ')}${more})` : '';
  const lines = new LineIndex(file.text);
  const line = lines.lineAt(firstLogicOffset(module));
  return {
    rule: 'tests/untested-module',
    severity: 'medium',
    file: file.path,
    line,
    message: `No test reaches this module${shown}`,
    evidence: lines.evidenceAt(line),
    agent: AGENT,
  };
}

/** The exported names; what a CommonJS module exports is told by its functions. */
function offeredNames(module: ModuleFacts): string[] {
  if (module.values.length === 0) return [...module.functions.keys()];
  return module.values.map(({ exported, local }) => (exported === 'default' ? (local ?? 'default') : exported));
}

function firstLogicOffset(module: ModuleFacts): number {
  const exported = module.values.find(({ local }) => module.functions.has(local ?? '')) ?? module.values[0];
  return exported?.offset ?? [...module.functions.values()][0] ?? 0;
}

function untestedExports(file: SourceFile, module: ModuleFacts, taken: ReadonlySet<string>): Finding[] {
  const lines = new LineIndex(file.text);
  return module.values
    .filter((value) => !taken.has(value.exported) && isUnusedFunction(module, value))
    .map((value) => {
      const line = lines.lineAt(value.offset);
      return {
        rule: 'tests/untested-export',
        severity: 'low' as const,
        file: file.path,
        line,
        message: `No test reaches the export ${value.exported === 'default' ? 'default' : value.exported} of this otherwise tested module`,
        evidence: lines.evidenceAt(line),
        agent: AGENT,
      };
    });
}

function isUnusedFunction(module: ModuleFacts, value: ExportedValue): boolean {
  const { local } = value;
  if (local === undefined || !module.functions.has(local)) return false;
  // The declaration is one use of the name; a second one is a caller in the module.
  return (module.usesOfNames.get(local) ?? 0) <= 1;
}
