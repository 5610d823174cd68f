import * as z from 'zod';
import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { createPlan } from './create-plan.ts';
import {
  CodingInput,
  FeatureRequest,
  Implementation,
  Requirements,
  type Review,
  ReviewInput,
  TestInput,
} from './feature.ts';
import { gatherRequirements } from './gather-requirements.ts';
import { reviewCode } from './review-code.ts';
import { runTests, verdictOf, writeTests } from './run-tests.ts';
import { synthesise } from './synthesise.ts';

/** The researcher's work. */
export const research: TaskHandler = (task) => gatherRequirements(parseInput(FeatureRequest, task.input));

/** The planner's work. */
export const plan: TaskHandler = (task) =>
  createPlan(parseInput(z.strictObject({ requirements: Requirements }), task.input).requirements);

/** The coder's work. */
export const implement: TaskHandler = (task) => {
  const { requirements, plan: how, counterexamples } = parseInput(CodingInput, task.input);
  return synthesise(requirements, how, counterexamples);
};

const ReviewState = z.strictObject({ rounds: z.int(), counterexamples: z.array(z.unknown()) });
const Children = z.array(z.looseObject({ status: z.string(), output: z.unknown().optional() }));

/**
 * The reviewer's work. Code that is wrong for a row that the coder has not seen goes back to a coder, as a subtask with
 * these rows, until it is right or the rounds are used up.
 */
export const review: TaskHandler = async (task, context) => {
  const input = parseInput(ReviewInput, task.input);
  const { requirements, plan: how } = input;
  const state = ReviewState.safeParse(task.workState).data;
  const child = Children.safeParse(task.children).data?.[0];
  const rounds = state?.rounds ?? 1;
  const implementation = state === undefined ? input.implementation : parseInput(Implementation, child?.output);
  const { findings, counterexamples: wrong } = reviewCode(implementation, requirements);
  const isApproved = findings.length === 0;
  const known = CodingInput.shape.counterexamples.parse(state?.counterexamples ?? []);
  const counterexamples = [...known, ...wrong];
  if (isApproved || wrong.length === 0 || rounds >= requirements.maxRounds)
    return { isApproved, rounds, findings, counterexamples, implementation } satisfies Review;
  context.progress(undefined, `sent back: ${findings[0]}`);
  const again = await context.submit(
    {
      type: 'implement_solution',
      input: { requirements, plan: how, counterexamples },
      requirements: { capabilities: ['feature.coding'] },
      timeoutSeconds: 120,
    },
    { key: `round-${rounds + 1}` },
  );
  return context.waitFor([again], { rounds: rounds + 1, counterexamples });
};

/** The tester's work. */
export const test: TaskHandler = async (task, context) => {
  const { requirements, review: reviewed } = parseInput(TestInput, task.input);
  const { code } = reviewed.implementation;
  const tests = writeTests(requirements);
  const outcome =
    code === undefined ? { passed: 0, failed: 0 } : await runTests(requirements.name, { code, tests }, context.signal);
  return verdictOf(requirements, reviewed, tests, outcome);
};
