import type { Looks } from '../agents/roster.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import type { StageChunkMessage, StageMessage } from '../contract/messages.ts';
import { isTerminal } from '../contract/task.ts';
import { AppError } from '../errors/app-error.ts';
import { logMember } from '../event-log/log-member.ts';
import { stopRun } from '../runs/cancel-run.ts';
import { isOverdue, overdueEnding, setRunTimer } from '../runs/deadline.ts';
import { endRun } from '../runs/end-run.ts';
import { asReused, reusedTask } from '../runs/reuse-run.ts';
import { isLive, type Run, readRun } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { absent, equal, set } from '../table/conditions.ts';
import { readTask, type StagePlace, type Task } from '../tasks/task.ts';
import { putTask } from '../tasks/task-writes.ts';
import { traceOfRun } from '../trace/run-spans.ts';
import { cancelMember } from './cancel-members.ts';
import { afterDecision, decideStage } from './decide-stage.ts';
import { followRun } from './hold-stage.ts';
import { joinStage, repairStage, settleStage } from './join-stage.ts';
import { openMarker } from './markers.ts';
import { placeMember } from './place-member.ts';
import { memberTask, type Plan, planStage } from './plan-stage.ts';
import { readStage, Stage } from './stage.ts';

/** Members created by one message; more are spread over several. */
const chunkSize = 25;
/** Members created at a time by one handler. */
const atOnce = 10;

/** A stage whose templates cannot be filled can never run: the run ends with the reason. */
const planOrFail = async (services: Services, run: Run, message: StageMessage): Promise<Plan | undefined> => {
  try {
    return await planStage(services, run, message.stage);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    await endRun(services, run, {
      status: 'FAILED',
      error: { code: error.code, message: error.message, retryable: false },
    });
    await services.executions.fail(message.taskToken, 'StageFailed', error.message);
    return undefined;
  }
};

/** Writes a member as done by the run that this one repeats. */
const takeOver = async (services: Services, task: Task, place: StagePlace, earlier: Task): Promise<void> => {
  await services.table.put(putTask(asReused(task, earlier, services.clock.now())));
  await joinStage(services, { ...task, status: 'SUCCEEDED' }, place);
};

/** Creates one member, working or waiting for its turn. A repeat that finds it ended joins it again. */
const createMember = async (
  services: Services,
  plan: Plan,
  stage: Stage,
  { index, looks }: { readonly index: number; readonly looks: Looks },
): Promise<void> => {
  const task = await memberTask(services, plan, { position: stage.position, index });
  if (task?.place === undefined) return;
  const earlier = await reusedTask(services, plan.run, task);
  if (earlier !== undefined) return takeOver(services, task, task.place, earlier);
  if (index < stage.maxParallel && stage.isBornHeld !== true) {
    const found = await placeMember(services, task, looks);
    if (found !== undefined && isTerminal(found.status)) await joinStage(services, found, task.place);
    return;
  }
  const written = await services.table.put(putTask(task));
  const found = written.won ? undefined : readTask(written.item);
  if (found?.kind === 'task' && isTerminal(found.task.status)) await joinStage(services, found.task, task.place);
};

/** A member that can never be created (its input is too large, or not this tenant's) ends the run with the reason. */
const failMembers = async (services: Services, run: Run, error: unknown): Promise<void> => {
  if (!(error instanceof AppError) || error.retryable) throw error;
  await stopRun(services, run, {
    status: 'FAILED',
    error: { code: error.code, message: error.message, retryable: false },
  });
};

const createMembers = async (
  services: Services,
  plan: Plan,
  stage: Stage,
  range: { from: number; to: number },
): Promise<void> => {
  const looks: Looks = new Map();
  for (let start = range.from; start < range.to; start += atOnce) {
    const indices = Array.from({ length: Math.min(atOnce, range.to - start) }, (_, offset) => start + offset);
    // All have settled before a failure is dealt with: nothing is written behind whoever ends the run for it.
    const created = await Promise.allSettled(
      indices.map((index) => createMember(services, plan, stage, { index, looks })),
    );
    const failed = created.find((result) => result.status === 'rejected');
    if (failed !== undefined) return failMembers(services, plan.run, failed.reason);
  }
  const run = await cancelIfOver(services, stage, range);
  // Somebody has asked for the run's log since it was read for these members.
  if (run.runLog !== undefined && plan.run.runLog === undefined)
    for (let index = range.from; index < range.to; index++) await logMember(services, stage, index);
  // Members beyond the limit may have been created after the ones before them ended: let the next ones go.
  if (stage.total > stage.maxParallel || stage.isBornHeld === true) await settleStage(services, stage);
};

/**
 * Whoever creates work looks at run and stage after writing: one that is over takes the work along. By index, because
 * whoever ended it may have closed the markers of members that did not exist yet.
 */
const cancelIfOver = async (
  services: Services,
  ref: Stage,
  range: { readonly from: number; readonly to: number },
): Promise<Run> => {
  const run = await readRun(services, ref.tenant, ref.runId);
  const stage = await readStage(services, ref.tenant, ref.runId, ref.position);
  if (isLive(run) && stage?.status !== 'DECIDED') {
    if (stage !== undefined) await followRun(services, run, stage);
    return run;
  }
  const reason = isLive(run) ? 'The stage is decided.' : `The run is ${run.status}.`;
  for (let index = range.from; index < range.to; index++) await cancelMember(services, ref, index, reason);
  return run;
};

/**
 * A message that came once more, when the run was over: what its earlier try made before it died ends. Whoever ended the run
 * may have done so before the stage was there, or have died after closing it. Members in chunks are left to their messages.
 */
const endOwn = async (services: Services, message: StageMessage): Promise<void> => {
  const stage = await readStage(services, message.tenant, message.runId, message.stage);
  if (stage === undefined || stage.result !== undefined) return;
  const isOwn = stage.released !== undefined || stage.total <= chunkSize;
  if (isOwn) await cancelIfOver(services, stage, { from: 0, to: stage.total });
};

/** The members of a dataflow are made as their turn comes. A repeat may have opened markers of some that have ended. */
const createFlow = async (services: Services, stage: Stage): Promise<void> => {
  await cancelIfOver(services, stage, { from: 0, to: stage.total });
  await (stage.releasedCount === 0 ? settleStage(services, stage) : repairStage(services, stage));
};

/** What the span of a traced run's stage needs, for whoever decides it. */
const traceOf = (run: Run, { steps }: Plan['spec']): Pick<Stage, 'trace'> => {
  const parent = traceOfRun(run);
  return parent === undefined ? {} : { trace: { parent, kind: steps[0]?.kind ?? 'work' } };
};

const putStage = async (services: Services, plan: Plan, message: StageMessage): Promise<Stage> => {
  const { run, spec, parts, members, definition } = plan;
  const key = keys.stage(run.tenant, run.runId, message.stage);
  const stage: Stage = {
    tenant: run.tenant,
    runId: run.runId,
    position: message.stage,
    status: 'OPEN',
    taskToken: message.taskToken,
    completion: spec.completion,
    total: members.length,
    parts: [...parts],
    maxParallel: spec.width ?? definition.maxParallelAgents,
    ...(spec.isDataflow === true ? { released: [], releasedCount: 0 } : {}),
    ...(spec.reportsProgress === true ? { reportsProgress: true } : {}),
    runDeadlineAt: run.deadlineAt,
    createdAt: services.clock.now(),
    ...traceOf(run, spec),
    ...(run.status === 'PAUSED' ? { isBornHeld: true, isHeld: true } : {}),
  };
  const isVote = spec.steps.some(({ kind }) => kind === 'vote');
  const isLetGo = (index: number): boolean =>
    spec.isDataflow !== true && stage.isBornHeld !== true && index < stage.maxParallel;
  for (let start = 0; start < members.length; start += chunkSize) {
    const indices = Array.from({ length: Math.min(chunkSize, members.length - start) }, (_, offset) => start + offset);
    await Promise.all(indices.map((index) => openMarker(services, stage, index, isLetGo(index))));
  }
  const written = await services.table.put({
    key,
    // That votes are asked for is told on the bus.
    item: { ...stage, ...indexKeys.open(key), ...(isVote ? { outbox: 'event' } : {}) },
    clauses: { isNew: absent('pk') },
  });
  return written.won ? stage : adoptToken(services, Stage.parse(written.item), message.taskToken);
};

/** More tokens of one stage than its state's retries can make. */
const keptTokens = 20;

/** The state was entered again with a new token (its message was lost, or it timed out): all that came are answered. */
const adoptToken = async (services: Services, known: Stage, taskToken: string): Promise<Stage> => {
  let stage = known;
  while (stage.taskToken !== taskToken && stage.otherTokens?.includes(taskToken) !== true) {
    const otherTokens = [stage.taskToken, ...(stage.otherTokens ?? [])].slice(0, keptTokens);
    const written = await services.table.update({
      key: keys.stage(stage.tenant, stage.runId, stage.position),
      set: [set('taskToken', taskToken), set('otherTokens', otherTokens)],
      clauses: { sameToken: equal('taskToken', stage.taskToken) },
    });
    stage = Stage.parse(written.item);
  }
  return stage;
};

/** A stage that is decided, or that a cancelled run closed: whoever still waits is told. */
const answerAgain = async (services: Services, stage: Stage, taskToken: string): Promise<void> => {
  if (stage.result !== undefined) return afterDecision(services, stage);
  await services.executions.fail(taskToken, 'RunNotLive', 'The run was stopped.');
};

/** A stage's run as it is now; one whose time is over ends by it, before anything more is begun. */
const liveOrOver = async (services: Services, message: StageMessage): Promise<Run> => {
  const run = await readRun(services, message.tenant, message.runId);
  const isOver = isLive(run) && isOverdue(run, services.clock.now());
  return isOver ? stopRun(services, run, overdueEnding(run)) : run;
};

/**
 * Creates a stage and its tasks, as a state machine asked. Markers come first, then the stage, then the tasks: a stage is
 * never decided before all its members are counted. Repeatable at every point.
 */
export const createStage = async (services: Services, message: StageMessage): Promise<void> => {
  const run = await liveOrOver(services, message);
  if (!isLive(run)) {
    await endOwn(services, message);
    await services.executions.fail(message.taskToken, 'RunNotLive', `The run is ${run.status}.`);
    return;
  }
  const known = await readStage(services, message.tenant, message.runId, message.stage);
  if (known?.status === 'DECIDED')
    return answerAgain(services, await adoptToken(services, known, message.taskToken), message.taskToken);
  const plan = await planOrFail(services, run, message);
  if (plan === undefined) return;
  const isKnownFlow = known?.released !== undefined;
  const stage = isKnownFlow
    ? await adoptToken(services, known, message.taskToken)
    : await putStage(services, plan, message);
  await setRunTimer(services, run);
  // Decided since it was read: the new token is the only one that is not answered yet.
  if (stage.status === 'DECIDED') return answerAgain(services, stage, message.taskToken);
  if (stage.total === 0) {
    return decideStage(services, stage, {
      outcome: 'SUCCEEDED',
      counts: { total: 0, open: 0, succeeded: 0, failed: 0 },
    });
  }
  if (stage.released !== undefined) return createFlow(services, stage);
  if (stage.total <= chunkSize) return createMembers(services, plan, stage, { from: 0, to: stage.total });
  const { tenant, runId } = stage;
  const chunks = Array.from({ length: Math.ceil(stage.total / chunkSize) }, (_, chunk) => ({
    kind: 'chunk' as const,
    tenant,
    runId,
    stage: stage.position,
    from: chunk * chunkSize,
    to: Math.min(stage.total, (chunk + 1) * chunkSize),
  }));
  await services.queues.sendTasks(tenant, chunks);
};

/** Creates one chunk of a large stage's members. Repeatable. */
export const createChunk = async (services: Services, message: StageChunkMessage): Promise<void> => {
  const run = await readRun(services, message.tenant, message.runId);
  const stage = await readStage(services, message.tenant, message.runId, message.stage);
  if (stage === undefined || stage.result !== undefined) return;
  const range = { from: message.from, to: Math.min(message.to, stage.total) };
  // Closed with its run: an earlier try may have made some that nobody else knows of.
  if (stage.status === 'DECIDED') return void (await cancelIfOver(services, stage, range));
  if (isOverdue(run, services.clock.now())) return;
  try {
    await createMembers(services, await planStage(services, run, message.stage), stage, range);
  } catch (error) {
    await failMembers(services, run, error);
  }
};
