import { placeStoredTask } from '../assignment/place-task.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { decide } from '../coordination/completion.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { readRun } from '../runs/run.ts';
import { readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type StagePlace, type Task } from '../tasks/task.ts';
import { advanceFlow } from './advance-flow.ts';
import { decideStage } from './decide-stage.ts';
import { closeMarker, type Markers, readMarkers, releaseMarker, type StageRef } from './markers.ts';
import { reportProgress } from './report-progress.ts';
import { readStage, type Stage } from './stage.ts';

/** `not_yet`: there is nothing to let go. `lost`: somebody else has. */
type LetGo = 'let_go' | 'lost' | 'not_yet';

/** A member's clock starts when it is let go, not while it waits for its turn. */
const letGo = async (services: Services, stage: Stage, index: number, isReleased: boolean): Promise<LetGo> => {
  const taskId = memberTaskId(stage.tenant, stage.runId, stage.position, index);
  const found = readTask(await services.table.get(keys.task(stage.tenant, taskId), { consistent: true }));
  // Not created yet: whoever creates it settles the stage after.
  if (found.kind !== 'task' || found.task.status !== 'PENDING' || found.task.runAt !== undefined) return 'not_yet';
  if (found.task.waitingFor !== undefined) return 'not_yet';
  if (!isReleased && !(await releaseMarker(services, stage, index))) return 'lost';
  const deadlineAt = Math.min(services.clock.now() + found.task.timeoutMs, stage.runDeadlineAt ?? Infinity);
  await placeStoredTask(services, { ...found.task, deadlineAt });
  return 'let_go';
};

/** How many a caller lets go at a time: those of a stage that begins or goes on, or the successor of one that has ended. */
type Pace = 'all' | 'one';

/** Lets one of some members go. Returns whether there may be room for more, or was for one that somebody else let go. */
const releaseOne = async (services: Services, stage: Stage, waiting: readonly number[]): Promise<boolean> => {
  // Several end at once and find the same room: each begins with another.
  const start = Math.floor(services.random.fraction() * waiting.length);
  for (const index of [...waiting.slice(start), ...waiting.slice(0, start)]) {
    const went = await letGo(services, stage, index, false);
    if (went !== 'not_yet') return went === 'lost' || waiting.length > 1;
  }
  return false;
};

/** Lets members go to work as long as fewer than the stage's limit are at it. Returns whether to look again. */
const releaseNext = async (services: Services, stage: Stage, markers: Markers, pace: Pace): Promise<boolean> => {
  if (stage.isHeld === true || (stage.runDeadlineAt ?? Infinity) <= services.clock.now()) return false;
  const working = markers.open.filter(({ released }) => released).length;
  const waiting = markers.open
    .filter(({ released }) => !released)
    .slice(0, Math.max(0, stage.maxParallel - working))
    .map(({ index }) => index);
  if (pace === 'one') return releaseOne(services, stage, waiting);
  await Promise.all(waiting.map((index) => letGo(services, stage, index, false)));
  return false;
};

/**
 * Repairs a stage that a crash left behind: members that ended without their marker, or were let go without being
 * placed. Members that are not there at all are asked for once more. For the sweep; everything in it is repeatable.
 */
export const repairStage = async (services: Services, stage: Stage): Promise<void> => {
  let isIncomplete = false;
  const markers = await readMarkers(services, stage);
  for (const { index, released } of markers.open) {
    const taskId = memberTaskId(stage.tenant, stage.runId, stage.position, index);
    const found = readTask(await services.table.get(keys.task(stage.tenant, taskId), { consistent: true }));
    if (found.kind !== 'task') {
      // The nodes of a dataflow come to be when their turn comes.
      isIncomplete ||= stage.released === undefined;
      continue;
    }
    if (isTerminal(found.task.status)) await closeMarker(services, stage, index, found.task.status);
    else if (released) await letGo(services, stage, index, true);
  }
  const { tenant, runId, position, taskToken } = stage;
  if (isIncomplete)
    await services.queues.sendTasks(tenant, [{ kind: 'stage', tenant, runId, stage: position, taskToken }]);
  await settleStage(services, stage);
};

/** Whether the mode says of a stage of its own kind that what is open changes nothing any more. */
const settledEarly = async (services: Services, stage: Stage): Promise<'SUCCEEDED' | undefined> => {
  if (stage.completion !== 'settled') return undefined;
  const run = await readRun(services, stage.tenant, stage.runId);
  const { definition } = await readWorkflow(services, stage.tenant, run.workflow, run.version);
  const isSettled = await rulesOf(definition).isSettled?.({ services, run }, stage.position);
  return isSettled === true ? 'SUCCEEDED' : undefined;
};

const settleAsFound = async (services: Services, stage: Stage, markers: Markers, pace: Pace): Promise<boolean> => {
  if (stage.reportsProgress === true) await reportProgress(services, stage);
  const { total } = stage;
  const { failed, skipped } = markers;
  const open = markers.open.length;
  const counts = { total, open, failed: failed.length, succeeded: total - open - failed.length };
  const outcome = decide(stage.completion, counts) ?? (await settledEarly(services, stage));
  if (outcome !== undefined)
    return decideStage(services, stage, { outcome, counts, failed, skipped }).then(() => false);
  if (stage.released !== undefined) return advanceFlow(services, stage, markers);
  return releaseNext(services, stage, markers, pace);
};

const settleOnce = async (services: Services, ref: StageRef, pace: Pace): Promise<boolean> => {
  const stage = await readStage(services, ref.tenant, ref.runId, ref.position);
  if (stage === undefined || stage.status === 'DECIDED') return false;
  return settleAsFound(services, stage, await readMarkers(services, ref), pace);
};

/** What a stage's markers mean now: a decision, or room for the next members. Repeatable. */
export const settleStage = async (services: Services, ref: StageRef, pace: Pace = 'all'): Promise<void> => {
  for (let isMoving = true; isMoving; ) isMoving = await settleOnce(services, ref, pace);
};

/**
 * A member has ended: its marker goes, and whoever then finds the completion rule decided decides the stage by one
 * conditional write. Of two last results at once, both see an empty partition and one wins. Repeatable.
 */
export const joinStage = async (
  services: Services,
  task: Pick<Task, 'tenant' | 'status'>,
  place: StagePlace,
): Promise<void> => {
  const ref: StageRef = { tenant: task.tenant, runId: place.runId, position: place.stage };
  await closeMarker(services, ref, place.index, task.status);
  await settleStage(services, ref, 'one');
};

/**
 * The same once more, for the stream, where it has usually been done: looks before it writes. A stage that was decided
 * when all its members had ended has nothing left to do; of one that goes on, or was decided early, the marker may be left.
 */
export const joinStageAgain = async (
  services: Services,
  task: Pick<Task, 'tenant' | 'status'>,
  place: StagePlace,
): Promise<void> => {
  const ref: StageRef = { tenant: task.tenant, runId: place.runId, position: place.stage };
  const stage = await readStage(services, ref.tenant, ref.runId, ref.position);
  if (stage?.result?.counts.open === 0) return;
  const markers = await readMarkers(services, ref);
  const isOpen = markers.open.some(({ index }) => index === place.index);
  if (isOpen || stage === undefined) return joinStage(services, task, place);
  if (stage.status === 'OPEN' && (await settleAsFound(services, stage, markers, 'one')))
    await settleStage(services, ref);
};
