import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '#sdk/index.ts';
import { pathSwarmExample } from '../../examples/path-swarm/example.ts';
import { pathSwarm } from '../../examples/path-swarm/workflow.ts';
import { examples } from '../../examples/registry.ts';
import type { Example, ExampleResult } from '../../examples/shared/example.ts';
import { type StartedAgents, startAgents } from '../../examples/shared/start-agents.ts';
import { type Checker, seedsOf } from '../support/examples/checker.ts';
import { codeReviewChecker, reviewedFolders } from '../support/examples/code-review.ts';
import { deploymentDecisionChecker } from '../support/examples/deployment-decision.ts';
import { documentPipelineChecker } from '../support/examples/document-pipeline.ts';
import { featureTeamChecker } from '../support/examples/feature-team.ts';
import { incidentResponseChecker } from '../support/examples/incident-response.ts';
import { migrationChecker } from '../support/examples/migration.ts';
import { multiTeamDeploymentChecker } from '../support/examples/multi-team-deployment.ts';
import { pathSwarmChecker } from '../support/examples/path-swarm.ts';
import { techDebtChecker } from '../support/examples/tech-debt.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

const checkers: Readonly<Record<string, Checker>> = {
  'code-review': codeReviewChecker,
  'deployment-decision': deploymentDecisionChecker,
  'document-pipeline': documentPipelineChecker,
  'feature-team': featureTeamChecker,
  'incident-response': incidentResponseChecker,
  migration: migrationChecker,
  'multi-team-deployment': multiTeamDeploymentChecker,
  'path-swarm': pathSwarmChecker,
  'tech-debt': techDebtChecker,
};
/** One input for each, beside its own; `npm run check-examples` has ten. */
const seeds = seedsOf(process.env['MUSTER_EXAMPLE_SEEDS'] ?? '1-1');

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

const start = ({ agents }: Example): Promise<StartedAgents> =>
  startAgents({ url: muster.ws, apiKey: muster.apiKey, agents, readyMs: 90_000 });
/** A person says the first of what can be said. */
const run = (example: Example, input: unknown): Promise<ExampleResult> =>
  example.run(input, { client, decide: async ({ options: [first = ''] }) => ({ decision: first }) });

it('has a checker for every example', () => {
  expect(Object.keys(checkers).toSorted()).toEqual(examples.map(({ name }) => name).toSorted());
});

describe.each(examples)('$name, its agents in processes of their own', (example) => {
  let agents: StartedAgents;
  beforeAll(async () => {
    agents = await start(example);
  });
  afterAll(() => agents?.stop());

  it.concurrent('runs with the input that its help shows', async () => {
    const { text, report } = await run(example, example.sample);
    expect(text.length).toBeGreaterThan(50);
    expect(report).toBeTypeOf('object');
  });

  it.concurrent.each(seeds)('gives what a checker that knows nothing of it computes (seed %i)', async (seed) => {
    const checker = checkers[example.name];
    expect(checker).toBeDefined();
    const { report } = await run(example, checker?.input(seed));
    await expect(checker?.check(seed, report)).resolves.toBeUndefined();
  });
});

it('finds no way while its ants are stopped, and goes on once they are there: path-swarm', async () => {
  const before = new Set((await client.listRuns({ limit: 100 })).items.map(({ runId }) => runId));
  const result = run(pathSwarmExample, pathSwarmExample.sample);
  const search = await until('the search waits', async () => {
    const { items } = await client.listRuns({ limit: 100 });
    const found = items.find(({ runId, workflow }) => workflow === pathSwarm.name && !before.has(runId));
    const view = found === undefined ? undefined : await client.getRun(found.runId);
    return view?.steps[0]?.tasks[0]?.status === 'QUEUED' && view;
  });
  expect(search.steps).toHaveLength(1);
  const agents = await start(pathSwarmExample);
  expect((await result).report).toMatchObject({ path: expect.arrayContaining(['nest', 'sugar']) });
  await agents.stop();
});
