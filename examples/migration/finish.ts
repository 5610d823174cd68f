import type * as z from 'zod';
import { TaskFailure } from '#sdk/index.ts';
import { afterSteps } from './check-compatibility.ts';
import type { FinishInput, MigrationReport } from './migration.ts';
import { hash } from './plan-migration.ts';

/**
 * Keeps the migrated tree, or takes every step back in reverse order when one failed or the tree does not fit together.
 * @throws TaskFailure ROLLBACK_FAILED when a restored file is not what the plan was made for
 */
export function finish({
  files,
  plan,
  results: bySwarm,
  compatibility,
}: z.output<typeof FinishInput>): MigrationReport {
  const results = bySwarm.flat();
  const { planId, risks, batches, steps } = plan;
  const missing = steps.filter(({ id }) => !results.some(({ step }) => step === id)).map(({ path }) => path);
  const problems = [...compatibility.problems, ...missing.map((path) => `${path}: its step was not done`)];
  const tree = new Map(afterSteps(files, results).map(({ path, text }) => [path, text]));
  const restored: string[] = [];
  if (problems.length > 0)
    for (const { path, sha256 } of plan.rollback) {
      const result = results.find((each) => each.path === path);
      if (result === undefined) continue;
      if (hash(result.before) !== sha256)
        throw new TaskFailure('ROLLBACK_FAILED', `${path} is not what it was when the plan was made`, {
          retryable: false,
        });
      tree.set(path, result.before);
      if (result.after !== result.before) restored.push(path);
    }
  const changed = files.filter(({ path, text }) => tree.get(path) !== text).map(({ path }) => path);
  const kept = steps.length === 0 ? 'nothing_to_do' : 'migrated';
  return {
    planId,
    status: problems.length > 0 ? 'rolled_back' : kept,
    problems,
    risks,
    batches,
    changed,
    restored,
    files: Object.fromEntries(tree),
  };
}
