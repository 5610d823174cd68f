import assert from 'node:assert/strict';
import type { TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { refused, type Scenario, type Scene } from './scene.ts';

const write = 'update CHILDREN {hasRoom, uncounted}';
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

/** Tasks under tasks: no more than there may be, and counted once each. */
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
      const counted = await scene.services.table.get(keys.children(tenant, taskId));
      assert.equal(counted?.['count'], childrenOf(scene, taskId));
    },
  },
];
