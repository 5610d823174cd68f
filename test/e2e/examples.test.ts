import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '#sdk/index.ts';
import { examples } from '../../examples/registry.ts';
import { type StartedAgents, startAgents } from '../../examples/shared/start-agents.ts';
import { type Checker, checkedSeeds } from '../support/examples/checker.ts';
import { codeReviewChecker, reviewedFolders } from '../support/examples/code-review.ts';
import { deploymentDecisionChecker } from '../support/examples/deployment-decision.ts';
import { featureTeamChecker } from '../support/examples/feature-team.ts';
import { incidentResponseChecker } from '../support/examples/incident-response.ts';
import { migrationChecker } from '../support/examples/migration.ts';
import { techDebtChecker } from '../support/examples/tech-debt.ts';
import { type Muster, startMuster } from './support/start-muster.ts';

const checkers: Readonly<Record<string, Checker>> = {
  'code-review': codeReviewChecker,
  'deployment-decision': deploymentDecisionChecker,
  'feature-team': featureTeamChecker,
  'incident-response': incidentResponseChecker,
  migration: migrationChecker,
  'tech-debt': techDebtChecker,
};

let muster: Muster;
let client: Client;
beforeAll(async () => {
  muster = await startMuster();
  client = new Client({ url: muster.http, socketUrl: muster.ws, apiKey: muster.apiKey });
});
afterAll(async () => {
  client?.close();
  await muster?.stop();
  for (const folder of reviewedFolders()) await rm(folder, { recursive: true, force: true });
});

it('has a checker for every example', () => {
  expect(Object.keys(checkers).toSorted()).toEqual(examples.map(({ name }) => name).toSorted());
});

describe.each(examples)('$name, its agents in processes of their own', (example) => {
  let agents: StartedAgents;
  beforeAll(async () => {
    agents = await startAgents({ url: muster.ws, apiKey: muster.apiKey, agents: example.agents, readyMs: 90_000 });
  });
  afterAll(() => agents?.stop());

  /** A person says the first of what can be said. */
  const run = (input: unknown) =>
    example.run(input, { client, decide: async ({ options: [first = ''] }) => ({ decision: first }) });

  it('runs with the input that its help shows', async () => {
    const { text, report } = await run(example.sample);
    expect(text.length).toBeGreaterThan(50);
    expect(report).toBeTypeOf('object');
  });

  it.each(checkedSeeds)('gives what a checker that knows nothing of it computes (seed %i)', async (seed) => {
    const checker = checkers[example.name];
    expect(checker).toBeDefined();
    const { report } = await run(checker?.input(seed));
    await expect(checker?.check(seed, report)).resolves.toBeUndefined();
  });
});
