import assert from 'node:assert/strict';
import { freeOrphan } from '#core/agents/free-orphan.ts';
import { heartbeat, released } from '#core/agents/heartbeat.ts';
import { claimSlot } from '#core/agents/slots.ts';
import { slotEntryFor } from '#core/assignment/claim-agent.ts';
import { placeStoredTask } from '#core/assignment/place-task.ts';
import { TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { giveBackTask } from '#core/tasks/give-back-task.ts';
import { newTask } from '#core/tasks/new-task.ts';
import { progressTask } from '#core/tasks/note-progress.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { readTask, type Task } from '#core/tasks/task.ts';
import { assigned, assignTask, putTask } from '#core/tasks/task-writes.ts';
import { waitForChildren } from '#core/tasks/wait-for-children.ts';
import { handleTimer } from '#core/timers/handle-timer.ts';
import { watch } from '#core/watch/watch-topic.ts';
import { owner, type TestAgent, tenant } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario, type Scene } from './scene.ts';

const cancel = ({ services }: Scene, taskId: TaskId): Promise<unknown> =>
  orRefused(cancelTask(services, owner, taskId, 'not needed'));

/** Takes a task from its agent, as when it fails. */
const takeBack = ({ services }: Scene, task: Task, delayMs = 0): Promise<void> =>
  giveBackTask(services, task, {
    error: { code: 'LOST', message: 'It was lost.', retryable: true },
    slot: 'free',
    avoidAgent: false,
    delayMs,
  });

/** An agent that had a task, lost it, and has it again: attempt 2. */
const secondAttempt = async (scene: Scene): Promise<{ agent: TestAgent; taskId: TaskId }> => {
  const agent = await scene.world.agent('a');
  const { taskId } = await scene.world.submit();
  await takeBack(scene, await scene.world.task(taskId));
  assert.deepEqual((await scene.world.task(taskId)).attempt, 2);
  return { agent, taskId };
};

const statusOf = async ({ world }: Scene, taskId: TaskId): Promise<string> => (await world.task(taskId)).status;

/** A dispatcher's claim for a task, before its second write. */
const claimFor = async (scene: Scene, agent: TestAgent, task: Task) => {
  const entry = slotEntryFor(scene.services, task);
  const written = await scene.table.update(claimSlot(await scene.world.slots(agent), task.taskId, entry));
  assert.ok(written.won);
  const decision = { strategy: 'least_loaded', seen: 1, eligible: 1 } as const;
  const nowMs = scene.services.clock.now();
  const assignment = { agentId: agent.agentId, agentName: 'a', claim: entry.claim, decision, nowMs };
  return { entry, assignment, slots: await scene.world.slots(agent) };
};

const placing: readonly Scenario[] = [
  {
    write: 'put TASK {isNew}',
    clause: 'isNew',
    title: 'a task is submitted twice at once, and cancelled in between',
    play: async (scene) => {
      const { world } = scene;
      await world.agent('a');
      scene.before('put TASK {isNew}', async () => cancel(scene, (await world.submit({}, { key: 'k' })).taskId));
      assert.equal((await world.submit({}, { key: 'k' })).status, 'CANCELLED');
    },
  },
  {
    write: 'put TASK {stillNone}',
    clause: 'stillNone',
    title: 'a task is written while the sweep marks its place as void',
    play: async (scene) => {
      const agent = await scene.world.agent('a');
      const submission = TaskSubmission.parse({ type: 'work' });
      const taskId = TaskId.parse('tsk_00000000-0000-8000-8000-000000000001');
      const task = await newTask(scene.services, { tenant, taskId, submission, submitter: { principal: owner.id } });
      const { entry, assignment, slots } = await claimFor(scene, agent, task);
      scene.before('put TASK {stillNone}', () => scene.table.put(putTask(assigned(task, assignment))));
      await freeOrphan(scene.services, slots, taskId, entry);
      assert.equal(await statusOf(scene, taskId), 'ASSIGNED');
    },
  },
  {
    write: 'update TASK to ASSIGNED {unchanged}',
    clause: 'unchanged',
    title: 'a task is cancelled while it is assigned',
    play: async (scene) => {
      const { taskId } = await scene.world.submit();
      const queued = await scene.world.task(taskId);
      scene.before('update TASK to ASSIGNED {unchanged}', () => cancel(scene, taskId));
      await scene.world.agent('a');
      assert.equal(queued.status, 'QUEUED');
      assert.equal(await statusOf(scene, taskId), 'CANCELLED');
    },
  },
  {
    write: 'update TASK to QUEUED {unchanged}',
    clause: 'unchanged',
    title: 'a task is cancelled while it is queued',
    play: async (scene) => {
      const { taskId } = await scene.world.submit({ runAt: scene.services.clock.now() + 1000 });
      scene.before('update TASK to QUEUED {unchanged}', () => cancel(scene, taskId));
      await placeStoredTask(scene.services, await scene.world.task(taskId));
      assert.equal(await statusOf(scene, taskId), 'CANCELLED');
    },
  },
  {
    write: 'update TASK {unchanged}',
    clause: 'unchanged',
    title: 'a parent is cancelled while its children wake it',
    play: async (scene) => {
      const { world, services } = scene;
      const agent = await world.agent('a');
      const { taskId } = await world.submit();
      const submission = TaskSubmission.parse({ type: 'child' });
      const child = await submitTask(services, {
        principal: owner,
        submission,
        idempotencyKey: 'child',
        parentTask: taskId,
      });
      await waitForChildren(services, agent, { taskId, attempt: 1, children: [child.taskId] });
      scene.before('update TASK {unchanged}', () => cancel(scene, taskId));
      await scene.finish(agent, child.taskId);
      assert.equal(await statusOf(scene, taskId), 'CANCELLED');
    },
  },
  {
    write: 'update TASK {notUnderThisClaim}',
    clause: 'notUnderThisClaim',
    title: 'a slow dispatcher assigns just before the sweep fences its claim off',
    play: async (scene) => {
      const { taskId } = await scene.world.submit({ requirements: { capabilities: ['x'] } });
      const agent = await scene.world.agent('a');
      const task = await scene.world.task(taskId);
      const { entry, assignment, slots } = await claimFor(scene, agent, task);
      scene.before('update TASK {notUnderThisClaim}', () => scene.table.update(assignTask(task, assignment)));
      await freeOrphan(scene.services, slots, taskId, entry);
    },
  },
];

const fenced = (write: string, delayMs: number): readonly Scenario[] => [
  {
    write,
    clause: 'isAssigned',
    title: `a result arrives while its task is taken back${delayMs > 0 ? ' for a while' : ''}`,
    play: async (scene) => {
      const agent = await scene.world.agent('a');
      const { taskId } = await scene.world.submit();
      scene.before(write, () => scene.finish(agent, taskId));
      await takeBack(scene, await scene.world.task(taskId), delayMs);
      assert.equal(await statusOf(scene, taskId), 'SUCCEEDED');
    },
  },
  {
    write,
    clause: 'sameClaim',
    title: `a task is taken back twice${delayMs > 0 ? ' for a while' : ''}, and was assigned anew in between`,
    play: async (scene) => {
      await scene.world.agent('a');
      const { taskId } = await scene.world.submit();
      const seen = await scene.world.task(taskId);
      scene.before(write, () => takeBack(scene, seen));
      await takeBack(scene, seen, delayMs);
      const now = await scene.world.task(taskId);
      assert.deepEqual([now.status, now.attempt], ['ASSIGNED', 2]);
    },
  },
];

const saidByAgents: readonly Scenario[] = [
  {
    write: 'update TASK to END {holderOrLastHolder, sameAttempt}',
    clause: 'holderOrLastHolder',
    title: 'an agent sends a result for the task of another',
    play: async (scene) => {
      await scene.world.agent('a');
      const { taskId } = await scene.world.submit();
      await refused(scene.finish(await scene.world.agent('b'), taskId));
      assert.equal(await statusOf(scene, taskId), 'ASSIGNED');
    },
  },
  {
    write: 'update TASK to END {holderOrLastHolder, sameAttempt}',
    clause: 'sameAttempt',
    title: 'an agent that has its task again sends the result of the attempt before',
    play: async (scene) => {
      const { agent, taskId } = await secondAttempt(scene);
      await refused(scene.finish(agent, taskId, 1));
      assert.equal(await statusOf(scene, taskId), 'ASSIGNED');
    },
  },
  {
    write: 'put LATE {firstOne}',
    clause: 'firstOne',
    title: 'an agent sends another result that is too late',
    play: async (scene) => {
      const { agent, taskId } = await secondAttempt(scene);
      await refused(scene.finish(agent, taskId, 1));
      const late = () => scene.services.table.get(keys.lateResult(tenant, taskId, 1));
      const first = await late();
      await refused(scene.world.complete(agent, taskId, 'another', 1));
      assert.deepEqual(await late(), first);
    },
  },
  {
    write: 'update TASK {isAssigned, sameAgent, sameAttempt}',
    clause: 'isAssigned',
    title: 'progress arrives after the result',
    play: async (scene) => {
      const agent = await scene.world.agent('a');
      const { taskId } = await scene.world.submit();
      await scene.finish(agent, taskId);
      await refused(progressTask(scene.services, agent, { taskId, attempt: 1, percent: 50 }));
    },
  },
  {
    write: 'update TASK {isAssigned, sameAgent, sameAttempt}',
    clause: 'sameAgent',
    title: 'an agent sends progress for the task of another',
    play: async (scene) => {
      await scene.world.agent('a');
      const { taskId } = await scene.world.submit();
      const stranger = await scene.world.agent('b');
      await refused(progressTask(scene.services, stranger, { taskId, attempt: 1, percent: 50 }));
    },
  },
  {
    write: 'update TASK {isAssigned, sameAgent, sameAttempt}',
    clause: 'sameAttempt',
    title: 'an agent that has its task again sends progress of the attempt before',
    play: async (scene) => {
      const { agent, taskId } = await secondAttempt(scene);
      await refused(progressTask(scene.services, agent, { taskId, attempt: 1, percent: 50 }));
    },
  },
];

/** A task that was not accepted in time, and that its first agent has not let go. */
const notLetGo = async (scene: Scene): Promise<{ first: TestAgent; taskId: TaskId }> => {
  const first = await scene.world.agent('a');
  const { taskId } = await scene.world.submit({ ackTimeoutMs: 1000 });
  await handleTimer(scene.services, { kind: 'ack', tenant, taskId, attempt: 1 });
  return { first, taskId };
};

const letGo: readonly Scenario[] = [
  {
    write: 'update TASK {inFlight, sameAttempt}',
    clause: 'inFlight',
    title: 'an agent lets a task go that waits for another agent',
    play: async (scene) => {
      const { first, taskId } = await notLetGo(scene);
      await released(scene.services, first, { taskId, attempt: 1 });
      assert.equal((await scene.world.task(taskId))['disposition'], undefined);
    },
  },
  {
    write: 'update TASK {inFlight, sameAttempt}',
    clause: 'sameAttempt',
    title: 'an agent lets a task go that was cancelled while another had it',
    play: async (scene) => {
      const { first, taskId } = await notLetGo(scene);
      const second = await scene.world.agent('b');
      assert.equal((await scene.world.task(taskId)).agentId, second.agentId);
      await cancel(scene, taskId);
      await released(scene.services, first, { taskId, attempt: 1 });
      assert.equal((await scene.world.task(taskId))['disposition'], 'in_flight');
      await heartbeat(scene.services, second, second.connectionId, { tasks: [{ taskId, attempt: 2 }] });
    },
  },
];

const ending: readonly Scenario[] = [
  {
    write: 'update TASK to END {unchanged}',
    clause: 'unchanged',
    title: 'a result arrives while its task is cancelled',
    play: async (scene) => {
      const agent = await scene.world.agent('a');
      const { taskId } = await scene.world.submit();
      scene.before('update TASK to END {unchanged}', () => scene.finish(agent, taskId));
      await cancel(scene, taskId);
      assert.equal(await statusOf(scene, taskId), 'SUCCEEDED');
    },
  },
  {
    write: 'update TASK {hasEnded}',
    clause: 'hasEnded',
    title: 'a task is forgotten while it is done again',
    play: async (scene) => {
      const { world, services } = scene;
      const { taskId } = await world.submit();
      await cancel(scene, taskId);
      const key = keys.task(tenant, taskId);
      scene.before('update TASK {hasEnded}', async () => scene.expire(key));
      await retryTask(services, { principal: owner, taskId, idempotencyKey: 'again', runAt: undefined });
      assert.equal(readTask(await services.table.get(key)).kind, 'none');
    },
  },
  {
    write: 'update TASK {exists}',
    clause: 'exists',
    title: 'somebody watches a task that is not there',
    play: async (scene) => {
      const taskId = TaskId.parse('tsk_00000000-0000-8000-8000-000000000001');
      await refused(watch(scene.services, owner, { taskId }, 'c'));
      assert.equal(await scene.services.table.get(keys.task(tenant, taskId)), undefined);
    },
  },
];

export const tasksScenarios: readonly Scenario[] = [
  ...placing,
  ...fenced('update TASK to QUEUED {isAssigned, sameClaim}', 0),
  ...fenced('update TASK to PENDING {isAssigned, sameClaim}', 1000),
  ...saidByAgents,
  ...letGo,
  ...ending,
];
