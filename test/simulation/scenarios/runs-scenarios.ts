import assert from 'node:assert/strict';
import { keys, stageIdOf } from '#core/contract/keys.ts';
import { WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { endRun } from '#core/runs/end-run.ts';
import { noteOnce } from '#core/runs/notes.ts';
import type { Run } from '#core/runs/run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { newestVersion, putWorkflow } from '#core/runs/workflow-store.ts';
import { createStage } from '#core/stages/create-stage.ts';
import { settleStage } from '#core/stages/join-stage.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, type Scenario, type Scene } from './scene.ts';

type Changes = Partial<
  Pick<WorkflowDefinitionInput & { mode: 'parallel' }, 'completion' | 'description' | 'maxParallelAgents'>
>;

const workflow = (changes: Changes = {}): WorkflowDefinitionInput => ({
  mode: 'parallel',
  name: 'w',
  tasks: ['x', 'y'].map((id) => ({ id, type: 'work' })),
  ...changes,
});
const request = { workflow: 'w', input: null };
const again = { principal: owner, request, idempotencyKey: 'again' };
const failed = { status: 'FAILED', error: { code: 'X', message: 'x', retryable: false } } as const;
const cancel = ({ services }: Scene, run: Run): Promise<unknown> =>
  orRefused(cancelRun(services, owner, run.runId, 'not needed'));
const define = ({ services }: Scene, description: string): Promise<unknown> =>
  putWorkflow(services, tenant, WorkflowDefinition.parse(workflow({ description })));

const workflows: readonly Scenario[] = [
  {
    write: 'put VERSION {isNew}',
    clause: 'isNew',
    title: 'two people store a version of a workflow at once',
    play: async (scene) => {
      scene.before('put VERSION {isNew}', () => define(scene, 'other'));
      await define(scene, 'mine');
      assert.equal(await newestVersion(scene.services, tenant, 'w'), 2);
    },
  },
  {
    write: 'update NEWEST {stillNewest}',
    clause: 'stillNewest',
    title: 'a version is made the newest after a newer one',
    play: async (scene) => {
      scene.before('update NEWEST {stillNewest}', () => define(scene, 'other'));
      await define(scene, 'mine');
      assert.equal(await newestVersion(scene.services, tenant, 'w'), 3);
    },
  },
];

const runs: readonly Scenario[] = [
  {
    write: 'put NOTE {isFirst}',
    clause: 'isFirst',
    title: 'two functions decide a step at once, differently',
    play: async (scene) => {
      const run = await scene.world.start(workflow());
      const note = (value: string): Promise<unknown> => noteOnce(scene.services, run, 'round#0000', value);
      let other: unknown;
      scene.before('put NOTE {isFirst}', async () => {
        other = await note('theirs');
      });
      assert.deepEqual([await note('mine'), other], ['theirs', 'theirs']);
    },
  },
  {
    write: 'put RUN {isNew}',
    clause: 'isNew',
    title: 'a run is started again after it was cancelled',
    play: async (scene) => {
      await define(scene, '');
      await cancel(scene, await startRun(scene.services, again));
      assert.equal((await startRun(scene.services, again)).status, 'CANCELLED');
    },
  },
  {
    write: 'update RUN to RUNNING {isStarting}',
    clause: 'isStarting',
    title: 'a run is ended while its execution starts',
    play: async (scene) => {
      await define(scene, '');
      scene.before('update RUN to RUNNING {isStarting}', async () => {
        const { runId = '' } = [...scene.world.ports.executions.started.values()][0] ?? {};
        await cancel(scene, await scene.world.run(runId));
      });
      assert.equal((await startRun(scene.services, again)).status, 'CANCELLED');
    },
  },
  {
    write: 'update RUN to CANCELLING {isLive}',
    clause: 'isLive',
    title: 'a run succeeds while it is cancelled',
    play: async (scene) => {
      const run = await scene.world.start(workflow());
      scene.before('update RUN to CANCELLING {isLive}', () => endRun(scene.services, run, failed));
      await cancel(scene, run);
      assert.equal((await scene.world.run(run.runId)).status, 'FAILED');
    },
  },
  {
    write: 'update RUN to END {isOpen}',
    clause: 'isOpen',
    title: 'a run is ended twice at once',
    play: async (scene) => {
      const run = await scene.world.start(workflow());
      const isEnded = async (): Promise<void> => assert.ok(await endRun(scene.services, run, failed));
      scene.before('update RUN to END {isOpen}', isEnded);
      assert.equal(await endRun(scene.services, run, { status: 'TIMED_OUT' }), false);
    },
  },
];

const steps: WorkflowDefinitionInput = {
  mode: 'sequential',
  name: 'w',
  steps: ['x', 'y'].map((id) => ({ id, type: 'work' })),
};

/** A run in its stage, its members with an agent. */
const inStage = async (scene: Scene, definition = workflow(), slots = 5) => {
  const { world } = scene;
  const agent = await world.agent('a', { maxConcurrency: slots });
  const run = await world.start(definition);
  await world.enterStage(run, 0);
  const finish = (index: number): Promise<void> => scene.finish(agent, world.memberId(0, index));
  const stage = () => scene.services.table.get(keys.stage(tenant, run.runId, 0), { consistent: true });
  return { agent, run, finish, stage };
};

const stages: readonly Scenario[] = [
  {
    write: 'put STAGE {isNew}',
    clause: 'isNew',
    title: 'a stage is created twice at once, and is decided in between',
    play: async (scene) => {
      const { world } = scene;
      const agent = await world.agent('a');
      const run = await world.start(workflow({ completion: 'any' }));
      scene.before('put STAGE {isNew}', async () => {
        await world.enterStage(run, 0);
        await scene.finish(agent, world.memberId(0, 0));
      });
      await world.enterStage(run, 0);
    },
  },
  {
    write: 'update STAGE to DECIDED {isOpen}',
    clause: 'isOpen',
    title: 'two members decide a stage at once',
    play: async (scene) => {
      const { finish } = await inStage(scene, workflow({ completion: 'any' }));
      scene.before('update STAGE to DECIDED {isOpen}', () => finish(1));
      await finish(0);
    },
  },
  {
    write: 'update STAGE to DECIDED {isUndecided}',
    clause: 'isUndecided',
    title: 'a stage is decided while its run is cancelled',
    play: async (scene) => {
      const { run, finish } = await inStage(scene, workflow({ completion: 'any' }));
      scene.before('update STAGE to DECIDED {isUndecided}', async () => {
        scene.world.advance(1000);
        await finish(0);
      });
      await cancel(scene, run);
    },
  },
  {
    write: 'update STAGE {sameToken}',
    clause: 'sameToken',
    title: 'a state is entered twice more at once',
    play: async (scene) => {
      const { run, finish } = await inStage(scene);
      scene.before('update STAGE {sameToken}', () => scene.world.enterStage(run, 0, 'token-b'));
      await scene.world.enterStage(run, 0, 'token-a');
      for (const index of [0, 1]) await finish(index);
      assert.deepEqual([...scene.world.ports.executions.answers.keys()].toSorted(), ['token-0', 'token-a', 'token-b']);
    },
  },
  {
    write: 'update STAGE {noNewToken}',
    clause: 'noNewToken',
    title: 'a state is entered again just after its stage was answered, by a function that dies',
    play: async (scene) => {
      const { world, services } = scene;
      const { run, finish } = await inStage(scene, steps);
      const { executions } = world.ports;
      const succeed = (): Promise<never> => Promise.reject(new Error('killed'));
      const message = { kind: 'stage', tenant, runId: run.runId, stage: 0, taskToken: 'token-a' } as const;
      scene.before('update STAGE {noNewToken}', () =>
        assert.rejects(createStage({ ...services, executions: { ...executions, succeed } }, message), /killed/),
      );
      await finish(0);
      world.advance(120_000);
      await sweep(services);
      assert.ok(executions.answers.has('token-a'));
    },
  },
];

const markers: readonly Scenario[] = [
  {
    write: 'put OPEN {isNew}',
    clause: 'isNew',
    title: 'a stage is created again after members were let go',
    play: async (scene) => {
      const { run, finish } = await inStage(scene, workflow({ maxParallelAgents: 1 }));
      await finish(0);
      await scene.world.enterStage(run, 0);
    },
  },
  {
    write: 'update OPEN {isOpen, notYet}',
    clause: 'isOpen',
    title: 'a member is cancelled while it is let go',
    play: async (scene) => {
      const { run, finish } = await inStage(scene, workflow({ maxParallelAgents: 1 }));
      const last = scene.world.memberId(0, 1);
      scene.before('update OPEN {isOpen, notYet}', () => cancelTask(scene.services, owner, last, 'not needed'));
      await finish(0);
      const { pk } = keys.marker(tenant, stageIdOf(run.runId, 0), 0);
      const open = await scene.services.table.query({ partition: pk, prefix: 'OPEN#', limit: 10 });
      assert.deepEqual(open.items, []);
    },
  },
  {
    write: 'update OPEN {isOpen, notYet}',
    clause: 'notYet',
    title: 'two that settle a stage let the same member go: it is placed once',
    play: async (scene) => {
      const { run, finish } = await inStage(scene, workflow({ maxParallelAgents: 1 }), 1);
      const other = await scene.world.agent('b');
      await scene.world.submit();
      scene.before('update OPEN {isOpen, notYet}', () =>
        settleStage(scene.services, { tenant, runId: run.runId, position: 0 }),
      );
      await finish(0);
      const claims = scene.clauses.uses.get(claimWrite)?.seen ?? 0;
      assert.equal(claims, 3, `${other.agentId} or another was claimed for a member that was placed`);
    },
  },
];
const claimWrite = 'update SLOTS {hasRoom, notHeldYet, sameBreaker, sameConnection, takesWork}';

export const runsScenarios: readonly Scenario[] = [...workflows, ...runs, ...stages, ...markers];
