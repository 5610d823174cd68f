import { TaskFailure, type TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { checkCompatibility } from './check-compatibility.ts';
import { finish } from './finish.ts';
import { migrateModule } from './migrate-module.ts';
import { CheckInput, FinishInput, PlanInput, StepInput } from './migration.ts';
import { planMigration } from './plan-migration.ts';

/** The planner's work. */
export const plan: TaskHandler = (task) => {
  const { files, target, maxParallelSteps } = parseInput(PlanInput, task.input);
  return planMigration(files, target, maxParallelSteps);
};

/** One step of the swarm. */
export const migrate: TaskHandler = (task) => {
  const { step, files, target } = parseInput(StepInput, task.input);
  const file = files.find(({ path }) => path === step.path);
  if (file === undefined) throw new TaskFailure('INVALID_INPUT', `There is no ${step.path}`, { retryable: false });
  return migrateModule(file, target, step);
};

/** The validator's work. */
export const check: TaskHandler = (task) => {
  const { files, target, results } = parseInput(CheckInput, task.input);
  return checkCompatibility(files, target, results.flat());
};

/** Keeps the tree or takes it back. */
export const close: TaskHandler = (task) => finish(parseInput(FinishInput, task.input));
