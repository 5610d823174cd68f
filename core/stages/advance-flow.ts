import type { Looks } from '../agents/roster.ts';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { isTerminal, type TaskError } from '../contract/task.ts';
import { type NodeState, release } from '../coordination/dag/release.ts';
import { AppError } from '../errors/app-error.ts';
import type { StageStep } from '../modes/stage-spec.ts';
import { isOverdue } from '../runs/deadline.ts';
import { isLive, readRun } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { equal, set } from '../table/conditions.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { putTask } from '../tasks/task-writes.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { closeMarker, type Markers, releaseMarker } from './markers.ts';
import { placeMember } from './place-member.ts';
import { nodeTask, type Outline, outlineStage, taskOf } from './plan-stage.ts';
import type { Stage } from './stage.ts';

/** Whoever chose a node makes it within this, or has died. Others who helped sooner would only get in the way. */
const forgottenAfterMs = 10_000;

/** A dataflow stage as it is found. */
interface Flow extends Outline {
  readonly stage: Stage;
  readonly states: Readonly<Record<string, NodeState>>;
  readonly looks: Looks;
}

interface Node {
  readonly step: StageStep;
  readonly index: number;
}

/** Where each node is, from its marker alone: whoever was let go is at it until the marker goes. */
const statesOf = (stage: Stage, steps: readonly StageStep[], markers: Markers): Readonly<Record<string, NodeState>> => {
  const open = new Set(markers.open.map(({ index }) => index));
  const [failed, released] = [new Set(markers.failed), new Set(stage.released?.map(({ index }) => index))];
  const stateOf = (index: number): NodeState => {
    if (open.has(index)) return released.has(index) ? 'RUNNING' : 'PENDING';
    return failed.has(index) ? 'FAILED' : 'SUCCEEDED';
  };
  return Object.fromEntries(steps.map(({ id }, index) => [id, stateOf(index)]));
};

/**
 * Adds nodes to those that were let go, unless the stage is decided or somebody else has added some since it was read:
 * what they saw and what this one saw may choose different nodes, together too many.
 *
 * ```
 * A  read [1, 2] ── 1 ends: choose 3 ── [1, 2, 3] if two were let go ✔
 * B  read [1, 2] ── 2 ends: choose 4 ── [1, 2, 4] if two were let go ✘ → look again
 * ```
 */
const chooseNodes = async (services: Services, stage: Stage, nodes: readonly Node[]): Promise<boolean> => {
  const at = services.clock.now();
  const released = [...(stage.released ?? []), ...nodes.map(({ index }) => ({ index, at }))];
  const written = await services.table.update({
    key: keys.stage(stage.tenant, stage.runId, stage.position),
    set: [set('released', released), set('releasedCount', released.length)],
    clauses: { isOpen: equal('status', 'OPEN'), sameReleased: equal('releasedCount', stage.releasedCount ?? 0) },
  });
  return written.won;
};

/** Writes a node that never works: it has ended as it comes to be, and its marker goes. */
const endUnbegun = async (
  services: Services,
  flow: Flow,
  { step, index }: Node,
  end: { readonly status: 'SKIPPED' | 'FAILED'; readonly error: TaskError },
): Promise<void> => {
  const { stage } = flow;
  const nowMs = services.clock.now();
  const task: Task = {
    ...(await taskOf(services, flow, { position: stage.position, index }, { step, item: 0, input: null })),
    ...end,
    endedAt: nowMs,
    disposition: 'never_started',
    expiresAtEpochSeconds: forgottenAfter(nowMs, services.retention.ended),
  };
  await services.table.put(putTask(task));
  await closeMarker(services, stage, index, end.status);
  await tellOfTask(services, task, 'task.completed');
};

const skip = (services: Services, flow: Flow, node: Node, cut: readonly string[]): Promise<void> => {
  // What is still at work may succeed yet: only what ended otherwise, or is skipped with this one, is to blame.
  const isMissing = (id: string): boolean => flow.states[id] === 'FAILED' || cut.includes(id);
  const missing = (node.step.dependsOn ?? []).filter(isMissing).join(', ');
  const message = `It depends on what did not succeed: ${missing}.`.slice(0, 4096);
  const error = { code: 'DEPENDENCY_FAILED', message, retryable: false };
  return endUnbegun(services, flow, node, { status: 'SKIPPED', error });
};

/** A node whose input can never be made (it is too large, or not this tenant's) has failed, for that reason. */
const taskOrFailure = async (services: Services, flow: Flow, { step, index }: Node): Promise<Task | TaskError> => {
  try {
    return await nodeTask(services, flow, { position: flow.stage.position, index }, step);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    return { code: error.code, message: error.message, retryable: false };
  }
};

/** Lets a chosen node work. Repeatable. Returns whether it has ended, at once or long ago: others may follow. */
const begin = async (services: Services, flow: Flow, node: Node): Promise<boolean> => {
  const task = await taskOrFailure(services, flow, node);
  if (!('taskId' in task)) return endUnbegun(services, flow, node, { status: 'FAILED', error: task }).then(() => true);
  const found = await placeMember(services, task, flow.looks);
  if (found !== undefined && isTerminal(found.status)) {
    await closeMarker(services, flow.stage, node.index, found.status);
    return true;
  }
  await releaseMarker(services, flow.stage, node.index);
  return false;
};

/** Chosen a while ago and not marked as begun: whoever chose it has died. */
const beginAgain = async (services: Services, flow: Flow, node: Node): Promise<boolean> => {
  const { tenant, runId, position } = flow.stage;
  const taskId = memberTaskId(tenant, runId, position, node.index);
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') return begin(services, flow, node);
  if (!isTerminal(found.task.status)) return releaseMarker(services, flow.stage, node.index).then(() => false);
  await closeMarker(services, flow.stage, node.index, found.task.status);
  return true;
};

/**
 * Takes a dataflow stage as far as it goes by itself: what depends on a failure is skipped, what is ready begins, the most
 * urgent first, as long as fewer than the stage's limit are at it. Repeatable at every point. Returns whether to look again:
 * something has ended by it, or somebody else was faster.
 */
export const advanceFlow = async (services: Services, stage: Stage, markers: Markers): Promise<boolean> => {
  const run = await readRun(services, stage.tenant, stage.runId);
  // Whoever ends the run ends what is open of the stage.
  if (!isLive(run) || isOverdue(run, services.clock.now())) return false;
  const outline = await outlineStage(services, run, stage.position);
  const { steps } = outline.spec;
  const flow: Flow = { ...outline, stage, states: statesOf(stage, steps, markers), looks: new Map() };
  const nodes = steps.map(({ id, dependsOn = [] }) => ({ id, dependsOn }));
  const next = release({ nodes, states: flow.states, width: stage.maxParallel, failFast: false });
  const nodesOf = (ids: readonly string[]): readonly Node[] =>
    steps.flatMap((step, index) => (ids.includes(step.id) ? [{ step, index }] : []));
  const chosen = stage.isHeld === true ? [] : next.start.flatMap((id) => nodesOf([id]));
  if (chosen.length > 0 && !(await chooseNodes(services, stage, chosen))) return true;
  const unmarked = new Set(markers.open.filter(({ released }) => !released).map(({ index }) => index));
  const isForgotten = ({ index, at }: { readonly index: number; readonly at: number }): boolean =>
    unmarked.has(index) && services.clock.now() - at >= forgottenAfterMs;
  const unbegun = (stage.released ?? []).filter(isForgotten).flatMap(({ index }) => nodesOf([steps[index]?.id ?? '']));
  const skipped = nodesOf(next.skip);
  const ended = await Promise.all([
    ...skipped.map((node) => skip(services, flow, node, next.skip).then(() => true)),
    ...chosen.map((node) => begin(services, flow, node)),
    ...unbegun.map((node) => beginAgain(services, flow, node)),
  ]);
  return ended.includes(true);
};
