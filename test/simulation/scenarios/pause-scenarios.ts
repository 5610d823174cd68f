import assert from 'node:assert/strict';
import { KeyRequest } from '#core/contract/access.ts';
import { keys } from '#core/contract/keys.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { createKey } from '#core/identity/create-key.ts';
import { revokeKey } from '#core/identity/revoke-key.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { followTask } from '#core/runs/child-run.ts';
import { endRun } from '#core/runs/end-run.ts';
import { pauseRun, resumeRun } from '#core/runs/pause-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario, type Scene } from './scene.ts';

/** A run in its only stage, which one of its two members decides. */
const begin = async (scene: Scene) => {
  const { world, services } = scene;
  const agent = await world.agent('a');
  const tasks = ['x', 'y'].map((id) => ({ id, type: 'work' }));
  const run = await world.start({ mode: 'parallel', name: 'w', tasks, completion: 'any' });
  await world.enterStage(run, 0);
  const key = keys.stage(tenant, run.runId, 0);
  const pause = () => orRefused(pauseRun(services, owner, run.runId));
  const resume = () => orRefused(resumeRun(services, owner, run.runId));
  const finish = () => scene.finish(agent, world.memberId(0, 0));
  const stage = () => services.table.get(key, { consistent: true });
  const statusOf = async () => (await world.run(run.runId)).status;
  return { run, key, pause, resume, finish, stage, statusOf };
};

const error = { code: 'X', message: 'x', retryable: false };

/** A run that is paused and goes on. */
export const pauseScenarios: readonly Scenario[] = [
  {
    write: 'update RUN to PAUSED {isAsSeen}',
    clause: 'isAsSeen',
    title: 'a run ends while it is paused',
    play: async (scene) => {
      const { run, pause, statusOf } = await begin(scene);
      scene.before('update RUN to PAUSED {isAsSeen}', () => endRun(scene.services, run, { status: 'FAILED', error }));
      await pause();
      assert.equal(await statusOf(), 'FAILED');
    },
  },
  {
    write: 'update RUN to RUNNING {isAsSeen}',
    clause: 'isAsSeen',
    title: 'a run is cancelled while it is resumed',
    play: async (scene) => {
      const { run, pause, resume, statusOf } = await begin(scene);
      await pause();
      scene.before('update RUN to RUNNING {isAsSeen}', () => cancelRun(scene.services, owner, run.runId, 'not needed'));
      await resume();
      assert.equal(await statusOf(), 'CANCELLED');
    },
  },
  {
    write: 'update STAGE {isUndecided}',
    clause: 'isUndecided',
    title: 'a stage is decided while its run is paused',
    play: async (scene) => {
      const { pause, finish, stage } = await begin(scene);
      scene.before('update STAGE {isUndecided}', finish);
      await pause();
      assert.equal((await stage())?.['isHeld'], undefined);
    },
  },
  {
    write: 'update STAGE {wasHeld}',
    clause: 'wasHeld',
    title: 'a stage is forgotten while its run is resumed',
    play: async (scene) => {
      const { key, pause, resume, stage } = await begin(scene);
      await pause();
      scene.before('update STAGE {wasHeld}', async () => scene.expire(key));
      await resume();
      assert.equal(await stage(), undefined);
    },
  },
];

/** A run whose only step is another run. */
export const nestedScenarios: readonly Scenario[] = [
  {
    write: 'update TASK {isPending}',
    clause: 'isPending',
    title: 'a task is cancelled while the run that does it starts',
    play: async (scene) => {
      const { world, services } = scene;
      const inner = { mode: 'sequential', name: 'inner', steps: [{ id: 'one', type: 'work' }] };
      await putWorkflow(services, tenant, WorkflowDefinition.parse(inner));
      const steps = [{ id: 'nested', run: { workflow: 'inner' } }];
      const run = await world.start({ mode: 'sequential', name: 'outer', steps });
      await world.enterStage(run, 0);
      const taskId = world.memberId(0, 0);
      scene.before('update TASK {isPending}', () => cancelTask(services, owner, taskId, 'not needed'));
      await followTask(services, tenant, taskId);
      assert.equal((await world.task(taskId)).childRunId, undefined);
    },
  },
];

const request = KeyRequest.parse({ name: 'k', role: 'viewer' });

/** Keys that are made and revoked. */
export const keyScenarios: readonly Scenario[] = [
  {
    write: 'put KEY {isNewKey}',
    clause: 'isNewKey',
    title: 'a key is asked for twice: the first secret stays good',
    play: async ({ services, table }) => {
      const { keyId } = await createKey(services, owner, request, 'once');
      const first = await table.get(keys.apiKey(tenant, keyId));
      await createKey(services, owner, request, 'once');
      assert.deepEqual(await table.get(keys.apiKey(tenant, keyId)), first);
    },
  },
  {
    write: 'update KEY {isKey}',
    clause: 'isKey',
    title: 'a key is revoked that is not there',
    play: async ({ services, table }) => {
      await refused(revokeKey(services, tenant, 'none'));
      assert.equal(await table.get(keys.apiKey(tenant, 'none')), undefined);
    },
  },
];
