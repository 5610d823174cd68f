import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { TaskFailure } from '#sdk/index.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { CannotMigrateError } from './edits.ts';
import { editsFor } from './migrate-module.ts';
import type { Plan, Step, Target } from './migration.ts';
import { givesName, type ModuleGraph, readModules } from './module-graph.ts';

const minutesPerStep = 10;
const minutesToCheck = 30;

/**
 * Finds the modules to change, puts each after those that it imports, and says how to undo it all.
 * @throws TaskFailure UNKNOWN_API when the module of the tree does not give the name
 */
export function planMigration(files: readonly SourceFile[], target: Target, maxParallelSteps: number): Plan {
  const graph = readModules(files);
  const risks: string[] = [];
  const candidates = target.type === 'api_rename' ? usersOf(graph, target) : upgradedFiles(files, graph);
  const affected = candidates.filter((step) => isAffected(files, step, { target, risks }));
  const steps = order(graph, affected);
  return {
    planId: `mig_${hash(JSON.stringify([target, files])).slice(0, 16)}`,
    steps,
    swarms: steps.length === 0 ? [] : [steps],
    batches: batchesOf(steps, maxParallelSteps),
    risks: [...risks, ...cycleRisks(graph, affected)],
    rollback: steps.toReversed().map(({ path }) => ({ path, sha256: hash(textOf(files, path)) })),
    estimatedMinutes: steps.length * minutesPerStep + (steps.length === 0 ? 0 : minutesToCheck),
  };
}

/** What a text is known by. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function textOf(files: readonly SourceFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? '';
}

function stepFor(path: string, specifiers: readonly string[], isDefinition: boolean): Step {
  return { id: path, path, dependsOn: [], specifiers: [...new Set(specifiers)], isDefinition };
}

/** The module that defines the name, and all that import from it or from what passes everything of it on. */
function usersOf(graph: ModuleGraph, { module, fromTechnology }: Extract<Target, { type: 'api_rename' }>): Step[] {
  const path = posix.normalize(module);
  const isInTree = graph.has(path);
  if (isInTree && !givesName(graph, path, fromTechnology))
    throw new TaskFailure('UNKNOWN_API', `${path} has no export ${fromTechnology}`, { retryable: false });
  const givers = new Set(isInTree ? [path] : []);
  const means = (each: { readonly specifier: string; readonly target: string | undefined }): boolean =>
    each.target === undefined ? !isInTree && each.specifier === module : givers.has(each.target);
  for (let size = -1; size !== givers.size; ) {
    size = givers.size;
    for (const [user, { imports }] of graph)
      if (imports.some((each) => means(each) && each.passesOn.includes('*'))) givers.add(user);
  }
  return [...graph].flatMap(([user, { imports }]) => {
    const specifiers = imports.filter(means).map(({ specifier }) => specifier);
    return specifiers.length > 0 || user === path ? [stepFor(user, specifiers, user === path)] : [];
  });
}

function upgradedFiles(files: readonly SourceFile[], graph: ModuleGraph): Step[] {
  const manifests = files.filter(({ path }) => posix.basename(path) === 'package.json');
  const users = [...graph].filter(([, { imports }]) => imports.some(({ specifier }) => specifier === 'react-dom'));
  return [
    ...manifests.map(({ path }) => stepFor(path, [], true)),
    ...users.map(([path]) => stepFor(path, ['react-dom'], false)),
  ];
}

/** Tried out: a module that would stay as it is needs no step; one that cannot be migrated is a risk. */
function isAffected(
  files: readonly SourceFile[],
  step: Step,
  { target, risks }: { readonly target: Target; readonly risks: string[] },
): boolean {
  try {
    return editsFor({ path: step.path, text: textOf(files, step.path) }, target, step).length > 0;
  } catch (error) {
    if (!(error instanceof CannotMigrateError)) throw error;
    risks.push(`${step.path}: ${error.message}`);
    return true;
  }
}

/** Every step after those on modules that it imports, directly or not; modules in a circle wait for no other of it. */
function order(graph: ModuleGraph, steps: readonly Step[]): Step[] {
  const reached = new Map(steps.map(({ path }) => [path, reachableFrom(graph, path)]));
  return steps.map((step) => ({
    ...step,
    dependsOn: steps
      .filter(({ path, isDefinition }) => {
        const isManifest = isDefinition && !graph.has(path) && !step.isDefinition;
        const isImported = reached.get(step.path)?.has(path) === true && reached.get(path)?.has(step.path) !== true;
        return path !== step.path && (isManifest || isImported);
      })
      .map(({ id }) => id),
  }));
}

function reachableFrom(graph: ModuleGraph, path: string): Set<string> {
  const found = new Set<string>();
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    for (const { target } of graph.get(next)?.imports ?? [])
      if (target !== undefined && !found.has(target)) {
        found.add(target);
        pending.push(target);
      }
  return found;
}

function batchesOf(steps: readonly Step[], maxParallelSteps: number): string[][] {
  const batches: string[][] = [];
  const done = new Set<string>();
  while (done.size < steps.length) {
    const ready = steps.filter(({ id, dependsOn }) => !done.has(id) && dependsOn.every((each) => done.has(each)));
    const batch = ready.slice(0, maxParallelSteps).map(({ id }) => id);
    if (batch.length === 0) break;
    batches.push(batch);
    for (const id of batch) done.add(id);
  }
  return batches;
}

function cycleRisks(graph: ModuleGraph, steps: readonly Step[]): string[] {
  const inCircle = steps.filter(({ path }) => reachableFrom(graph, path).has(path)).map(({ path }) => path);
  return inCircle.length === 0
    ? []
    : [`Modules that import each other are changed in any order: ${inCircle.join(', ')}`];
}
