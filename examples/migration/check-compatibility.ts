import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import type { Compatibility, StepResult, Target } from './migration.ts';
import { givesName, type ModuleGraph, readModules } from './module-graph.ts';
import { removedCalls, upgradeManifest } from './upgrade-react.ts';

/** The files after the steps. */
export function afterSteps(files: readonly SourceFile[], results: readonly StepResult[]): SourceFile[] {
  const changed = new Map(results.map(({ path, after }) => [path, after]));
  return files.map(({ path, text }) => ({ path, text: changed.get(path) ?? text }));
}

/** Whether the migrated tree still fits together: it parses, every import finds its name, nothing of the old is left. */
export function checkCompatibility(
  files: readonly SourceFile[],
  target: Target,
  results: readonly StepResult[],
): Compatibility {
  const after = afterSteps(files, results);
  const before = readModules(files);
  const graph = readModules(after);
  const problems = [
    ...results.flatMap(({ path, problem }) => (problem === undefined ? [] : [`${path}: ${problem}`])),
    ...results.flatMap((result) => parseProblems(after, files, result)),
    ...brokenImports(graph).filter((each) => !brokenImports(before).includes(each)),
    ...(target.type === 'api_rename' ? oldNames(graph, target) : oldCalls(after, graph)),
  ];
  return { isCompatible: problems.length === 0, problems: [...new Set(problems)] };
}

function parseProblems(after: readonly SourceFile[], before: readonly SourceFile[], { path }: StepResult): string[] {
  const errorsOf = (files: readonly SourceFile[]): readonly { message: string }[] => {
    const file = files.find((each) => each.path === path);
    return file === undefined || path.endsWith('.json') ? [] : parseSource(file).errors;
  };
  return errorsOf(before).length > 0 ? [] : errorsOf(after).map(({ message }) => `${path}: ${message}`);
}

function brokenImports(graph: ModuleGraph): string[] {
  return [...graph].flatMap(([path, { imports }]) =>
    imports.flatMap(({ target, names }) =>
      names
        .filter((name) => target !== undefined && name !== '*' && !givesName(graph, target, name))
        .map((name) => `${path}: ${target} has no export ${name}`),
    ),
  );
}

function oldNames(graph: ModuleGraph, { module, fromTechnology }: Extract<Target, { type: 'api_rename' }>): string[] {
  return [...graph].flatMap(([path, { imports }]) =>
    imports
      .filter(
        ({ specifier, target, names }) =>
          target === undefined && specifier === module && names.includes(fromTechnology),
      )
      .map(() => `${path}: still imports ${fromTechnology}`),
  );
}

function oldCalls(files: readonly SourceFile[], graph: ModuleGraph): string[] {
  const calls = [...graph].flatMap(([path, { file }]) =>
    removedCalls(parseSource(file).program).map(({ api }) => `${path}: still calls ${api}`),
  );
  const manifests = files.filter(
    ({ path, text }) => path.endsWith('package.json') && upgradeManifest({ path, text }).length > 0,
  );
  return [...calls, ...manifests.map(({ path }) => `${path}: still asks for React 17`)];
}
