import assert from 'node:assert/strict';
import { keys } from '#core/contract/keys.ts';
import type { ItemChange } from '#core/event-log/event-of-change.ts';
import { logChange } from '#core/event-log/log-change.ts';
import { openRunLog } from '#core/event-log/open-log.ts';
import { readLog } from '#core/event-log/read-log.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { streamChanges } from '#test/support/change-stream.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, type Scenario, type Scene } from './scene.ts';

/** A followed run of two tasks that have ended, and what the stream has of each. */
const followed = async (scene: Scene) => {
  const { world, services } = scene;
  const changes = streamChanges(services);
  const agent = await world.agent('a');
  const tasks = ['x', 'y'].map((id) => ({ id, type: 'work' }));
  const run = await world.start({ mode: 'parallel', name: 'p', tasks });
  await openRunLog(services, tenant, run.runId);
  await world.enterStage(run, 0);
  const ids = [world.memberId(0, 0), world.memberId(0, 1)];
  for (const taskId of ids) await scene.finish(agent, taskId);
  const seen = changes.splice(0);
  const changesOf = (taskId: string): readonly ItemChange[] =>
    seen.filter(({ after }) => after['sk'] === 'TASK' && after['taskId'] === taskId);
  const logged = async (): Promise<readonly string[]> =>
    (await readLog(services, tenant, run.runId, { cursor: 0, limit: 100 })).map(
      ({ taskId, type }) => `${taskId ?? 'run'} ${type}`,
    );
  return { x: changesOf(ids[0] ?? ''), y: changesOf(ids[1] ?? ''), logged };
};

const log = async (scene: Scene, changes: readonly ItemChange[]): Promise<void> => {
  for (const change of changes) await logChange(scene.services, change);
};

export const logScenarios: readonly Scenario[] = [
  {
    write: 'put LOG {isFree}',
    clause: 'isFree',
    title: 'changes of two tasks are logged at the same moment',
    play: async (scene) => {
      const { x, y, logged } = await followed(scene);
      scene.before('put LOG {isFree}', () => log(scene, y));
      await log(scene, x);
      const all = await logged();
      assert.equal(all.filter((entry) => entry.endsWith('task.completed')).length, 2);
      assert.equal(all.length, x.length + y.length);
    },
  },
  {
    write: 'put LOGGED {isFirstTry}',
    clause: 'isFirstTry',
    title: 'the stream hands the same changes over again',
    play: async (scene) => {
      const { x, logged } = await followed(scene);
      await log(scene, x);
      const once = await logged();
      await log(scene, x);
      assert.deepEqual(await logged(), once);
    },
  },
  {
    write: 'update RUN {exists}',
    clause: 'exists',
    title: 'a run is forgotten while somebody asks for its log',
    play: async (scene) => {
      const { world, services } = scene;
      const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
      const key = keys.run(tenant, run.runId);
      scene.before('update RUN {exists}', async () => scene.expire(key));
      await orRefused(openRunLog(services, tenant, run.runId));
      assert.equal(await world.ports.table.get(key), undefined);
    },
  },
  {
    write: 'update OPEN {isOpen}',
    clause: 'isOpen',
    title: 'the run of a member that has not come to be is cancelled while somebody asks for the log',
    play: async (scene) => {
      const { world, services } = scene;
      await world.agent('a');
      const nodes = [
        { id: 'x', type: 'work' },
        { id: 'y', type: 'work', dependsOn: ['x'] },
      ];
      const run = await world.start({ mode: 'dag', name: 'g', nodes });
      await world.enterStage(run, 0);
      scene.before('update OPEN {isOpen}', async () => {
        await cancelRun(services, owner, run.runId, 'not needed');
        await world.drainTasks();
      });
      await openRunLog(services, tenant, run.runId);
    },
  },
];
