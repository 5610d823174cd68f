import assert from 'node:assert/strict';
import type { TaskId } from '#core/contract/ids.ts';
import { limits } from '#core/contract/limits.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { owner } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario, type Scene } from './scene.ts';

const write = 'update TASK {hasRoom, isOpen, uncounted}';
const { childrenPerTask } = limits.quotas;

const under = ({ services }: Scene, parentTask: TaskId, key: number): Promise<unknown> =>
  submitTask(services, {
    principal: owner,
    submission: TaskSubmission.parse({ type: 'child' }),
    idempotencyKey: `child-${key}`,
    parentTask,
  });

const childrenOf = ({ world }: Scene, taskId: TaskId): number =>
  world.tasks().filter(({ parentTask }) => parentTask === taskId).length;

/** Tasks under tasks: no more than there may be, counted once each, and none of what has ended. */
export const delegationScenarios: readonly Scenario[] = [
  {
    write,
    clause: 'hasRoom',
    title: 'two children are submitted at once, and there may be one more',
    play: async (scene) => {
      const { taskId } = await scene.world.submit();
      for (let key = 1; key < childrenPerTask; key++) await under(scene, taskId, key);
      scene.before(write, () => under(scene, taskId, childrenPerTask));
      await refused(under(scene, taskId, childrenPerTask + 1));
      assert.equal(childrenOf(scene, taskId), childrenPerTask);
    },
  },
  {
    write,
    clause: 'uncounted',
    title: 'a child is submitted again while it is submitted',
    play: async (scene) => {
      const { taskId } = await scene.world.submit();
      scene.before(write, () => under(scene, taskId, 1));
      await under(scene, taskId, 1);
      assert.equal((await scene.world.task(taskId)).delegated, childrenOf(scene, taskId));
    },
  },
  {
    write,
    clause: 'isOpen',
    title: 'a parent is cancelled while a child of it is submitted',
    play: async (scene) => {
      const { taskId } = await scene.world.submit();
      scene.before(write, () => cancelTask(scene.services, owner, taskId, 'not needed'));
      await orRefused(under(scene, taskId, 1));
      assert.equal(childrenOf(scene, taskId), 0);
    },
  },
];
