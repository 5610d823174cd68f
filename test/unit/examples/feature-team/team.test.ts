import { describe, expect, it } from 'vitest';
import { createPlan } from '../../../../examples/feature-team/create-plan.ts';
import { Feature, FeatureRequest, type Requirements } from '../../../../examples/feature-team/feature.ts';
import { gatherRequirements } from '../../../../examples/feature-team/gather-requirements.ts';
import { implement, plan, research, review, test } from '../../../../examples/feature-team/handlers.ts';
import { reviewCode } from '../../../../examples/feature-team/review-code.ts';
import { synthesise } from '../../../../examples/feature-team/synthesise.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { featureTeamChecker } from '../../../support/examples/feature-team.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';

/** The five in this process; what the reviewer sends back is done at once. */
const runTeam = async (request: unknown): Promise<{ feature: Feature; sentBack: number }> => {
  const requirements = (await runHandler(research, request)).output;
  const how = (await runHandler(plan, { requirements })).output;
  const implementation = (await runHandler(implement, { requirements, plan: how, counterexamples: [] })).output;
  const reviewed = await runHandler(
    review,
    { requirements, plan: how, implementation },
    { implement_solution: implement },
  );
  const { output } = await runHandler(test, { requirements, review: reviewed.output });
  return { feature: Feature.parse(output), sentBack: reviewed.submitted.length };
};

describe('the team over hidden functions', () => {
  it.each(checkedSeeds)('delivers what meets inputs that nobody showed it (seed %i)', async (seed) => {
    const { feature } = await runTeam(featureTeamChecker.input(seed));
    await expect(featureTeamChecker.check(seed, feature)).resolves.toBeUndefined();
  });
});

const pairsOf = (rule: (x: number) => number, inputs: readonly number[]) =>
  inputs.map((x) => ({ input: [x], output: rule(x) }));

describe('the reviewer', () => {
  // The coder sees three of five: for these x squared and x times 2 are the same.
  const ambiguous = {
    name: 'square',
    pairs: pairsOf(
      (x) => x * x,
      [0, 2, 2, 2, 2, 0, 2, 7, 3, 5, 9].filter((x, i, all) => all.indexOf(x) === i),
    ),
  };

  it('sends code back with the rows that it gets wrong, and the next is right', async () => {
    const twice = 'export function square(a: number): number {\n  return a + a;\n}\n';
    const requirements = gatherRequirements(FeatureRequest.parse(ambiguous));
    const opinion = reviewCode({ code: twice, explored: 1 }, requirements);
    expect(opinion.findings).toContain('square(3) must be 9');
    const how = createPlan(requirements);
    const better = synthesise(requirements, how, opinion.counterexamples);
    expect(better.code).toContain('a * a');
  });

  it('gives up after the rounds it has', async () => {
    const { feature, sentBack } = await runTeam({
      ...FeatureRequest.parse(featureTeamChecker.input(10)),
      maxRounds: 2,
    });
    expect(feature.verdict).not.toBe('passed');
    expect(sentBack).toBeLessThanOrEqual(1);
  });

  it.each([
    { code: 'export function f(a: number) { return process.exit(a); }', says: 'it must not use process' },
    { code: 'export function f(a: number) { return a.constructor; }', says: 'it must not use constructor' },
    { code: 'export function g(a: number) { return a; }', says: 'it must be called f' },
    { code: 'export function f(b: number) { return b; }', says: 'it must take a' },
    { code: 'export function f(a: number) { return (a; }', says: 'it does not parse' },
    { code: 'export const f = 1; export const g = 2;', says: 'it must be one exported function' },
  ])('finds $says', ({ code, says }) => {
    const requirements: Requirements = {
      name: 'f',
      description: '',
      parameters: [{ name: 'a', type: 'number' }],
      returns: 'number',
      given: [],
      review: [],
      heldOut: [],
      notes: [],
      maxRounds: 1,
    };
    expect(reviewCode({ code, explored: 0 }, requirements).findings.join()).toContain(says);
  });
});

describe('the researcher', () => {
  it.each([
    {
      pairs: [
        { input: [1], output: 1 },
        { input: [1], output: 2 },
      ],
      says: 'has two results: 1 and 2',
    },
    {
      pairs: [
        { input: [1], output: 1 },
        { input: ['x'], output: 2 },
      ],
      says: 'The types of a differ',
    },
    {
      pairs: [
        { input: [1], output: 1 },
        { input: [2], output: 'x' },
      ],
      says: 'The types of the result differ',
    },
  ])('refuses a table that no function meets: $says', async ({ pairs, says }) => {
    const rest = [3, 4, 5, 6].map((x) => ({ input: [x], output: x }));
    await expect(runTeam({ name: 'f', pairs: [...pairs, ...rest] })).rejects.toThrow(says);
  });

  it('keeps rows from the coder and others from the reviewer', () => {
    const request = FeatureRequest.parse({ name: 'f', pairs: pairsOf((x) => x, [...Array(20).keys()]) });
    const { given, review: reviewed, heldOut } = gatherRequirements(request);
    expect([given.length, reviewed.length, heldOut.length]).toEqual([12, 4, 4]);
    expect(new Set([...given, ...reviewed, ...heldOut]).size).toBe(20);
  });
});

describe('a verdict', () => {
  it('is failed when held-out rows say otherwise, although the review was fine', async () => {
    const rows = [...Array(10).keys()].map((x) => ({ input: [x], output: x % 5 === 4 ? -1 - x : x + 1 }));
    const { feature } = await runTeam({ name: 'f', pairs: rows });
    expect(feature.verdict).toBe('failed');
    expect(feature.failed).toBe(2);
    expect(feature.findings).toEqual([]);
  });
});
