import { posix } from 'node:path';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { applyEdits, CannotMigrateError, type Edit } from './edits.ts';
import type { Step, StepResult, Target } from './migration.ts';
import { renameApi } from './rename-api.ts';
import { upgradeManifest, upgradeReact } from './upgrade-react.ts';

/** What a step replaces. @throws {@link CannotMigrateError} */
export function editsFor(file: SourceFile, target: Target, step: Step): Edit[] {
  if (target.type === 'api_rename') return renameApi(file, target, step);
  return posix.basename(file.path) === 'package.json' ? upgradeManifest(file) : upgradeReact(file);
}

/** Does one step of a plan. */
export function migrateModule(file: SourceFile, target: Target, step: Step): StepResult {
  const result = { step: step.id, path: file.path, before: file.text };
  try {
    const edits = editsFor(file, target, step);
    return { ...result, after: applyEdits(file.text, edits), edits: edits.length };
  } catch (error) {
    if (!(error instanceof CannotMigrateError)) throw error;
    return { ...result, after: file.text, edits: 0, problem: error.message };
  }
}
