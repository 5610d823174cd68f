import * as z from 'zod';
import { indexKeys, keys } from '#core/contract/keys.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { isTerminal } from '#core/contract/task.ts';
import { memberTaskId } from '#core/tasks/new-task.ts';
import type { Task } from '#core/tasks/task.ts';
import { type Change, type Court, runIn, short, slotsIn, stageIn, taskIn } from './court.ts';

/** What every simulated agent puts into its output, so that the truth can tell whose word it holds. */
export const Signature = z.looseObject({
  by: z.string(),
  taskId: z.string(),
  attempt: z.number(),
  evil: z.boolean().optional(),
});
export type Signature = z.infer<typeof Signature>;

const Answer = z.looseObject({ decision: z.string(), by: z.string() });

const AcceptedLate = z.looseObject({ attempt: z.number(), agentId: z.string() });

/** What an end leaves for ever. */
const kept = ['status', 'output', 'error', 'endedAt', 'agentId', 'attempt'] as const;

const judgeTerminal = (court: Court, by: string, old: Task, task: Task): void => {
  if (!isTerminal(old.status)) return;
  if (kept.some((name) => JSON.stringify(old[name]) !== JSON.stringify(task[name])))
    court.violate('S2 terminal absorbs', `${task.taskId} ${old.status} → ${task.status} by ${by}`);
};

const judgeSuccession = (court: Court, by: string, old: Task, task: Task): void => {
  judgeTerminal(court, by, old, task);
  const moved = old.status !== task.status || old.attempt !== task.attempt || old.claim !== task.claim;
  if (moved ? task.rev <= old.rev : task.rev < old.rev)
    court.violate('rev rises', `${task.taskId} rev ${old.rev} → ${task.rev} by ${by}`);
  if (task.attempt < old.attempt || task.attempt > old.attempt + 1)
    court.violate('I4 attempts rise by one', `${task.taskId} ${old.attempt} → ${task.attempt} by ${by}`);
  if (old.status === 'ASSIGNED' && task.status === 'ASSIGNED' && old.claim !== task.claim)
    court.violate('I1 one live assignment', `${task.taskId} changes hands while assigned, by ${by}`);
  if (old.submissionHash !== task.submissionHash)
    court.violate('I7 one key, one task', `${task.taskId} became another task, by ${by}`);
};

const judgeHolder = (court: Court, by: string, task: Task): void => {
  const item = court.item(keys.slots(task.tenant, task.agentId ?? ''));
  const entry = item === undefined ? undefined : slotsIn(item).assigned[task.taskId];
  if (entry?.claim !== task.claim || entry?.attempt !== task.attempt)
    court.violate(
      'I1 assigned means a slot',
      `${task.taskId} attempt ${task.attempt} by ${by}; slot ${JSON.stringify(entry)}`,
    );
};

/** Nobody but the holder speaks for an attempt: not its words of progress, not its end. */
const judgeSpeech = (court: Court, by: string, task: Task): void => {
  if (task.progress?.message === 'forged' || task.error?.code === 'EVIL')
    court.violate('I4 only the holder changes a task', `${task.taskId} by ${by}`);
};

/** What was too large for the item is read where it is kept. */
const opened = ({ payloads }: Court, output: unknown): unknown => {
  const ref = isClaimCheck(output) ? output.$payload.ref : '';
  const text = payloads?.get(ref);
  return text === undefined ? output : JSON.parse(text);
};

const judgeResult = (court: Court, by: string, old: Task | undefined, task: Task): void => {
  const { data: output } = Signature.safeParse(opened(court, task.output));
  // An operator may take a former holder's late result; then that is whose word it is.
  const { data: late } = AcceptedLate.safeParse(task['acceptedLate']);
  const speaker = late ?? task;
  const mine = output?.taskId === task.taskId && output.by === speaker.agentId && output.attempt === speaker.attempt;
  const current = old?.status === 'ASSIGNED' ? old.agentId : old?.['lastAgentId'];
  const holder = late === undefined ? current : late.agentId;
  if (!mine || output.by !== holder || output.evil === true)
    court.violate(
      'S3 only the holder ends a task',
      `${task.taskId} held by ${short(String(holder))} ended by ${by} with ${JSON.stringify(output)}`,
    );
};

/** A task that a run does succeeds by that run's success, with its output, and by nothing else. */
const judgeNested = (court: Court, by: string, task: Task): void => {
  const item = court.item(keys.run(task.tenant, task.childRunId ?? ''));
  const run = item === undefined ? undefined : runIn(item);
  const isItsOwn = run?.status === 'SUCCEEDED' && run.parentTask === task.taskId;
  if (!isItsOwn || JSON.stringify(run.output ?? null) !== JSON.stringify(task.output))
    court.violate(
      'I8 a nested run is done when it is',
      `${task.taskId} by ${by}; its run ${run?.status ?? 'is missing'}`,
    );
};

/** An approval is answered once, by a person, with one of its options; nobody's answer is none. */
const judgeApproval = (court: Court, by: string, old: Task | undefined, task: Task): void => {
  const { data: answer } = Answer.safeParse(task.output);
  const isAnswer = answer !== undefined && (task.approval?.options ?? []).includes(answer.decision);
  if (!isAnswer || old === undefined || isTerminal(old.status))
    court.violate('an approval is answered by a person', `${task.taskId} by ${by}: ${JSON.stringify(task.output)}`);
};

/** What is taken over from an earlier run is what was done there. */
const judgeReused = (court: Court, by: string, task: Task): void => {
  const earlier = taskIn(court.item(keys.task(task.tenant, task.reusedFrom ?? '')));
  const isSame = JSON.stringify(earlier?.output ?? null) === JSON.stringify(task.output);
  if (earlier?.status !== 'SUCCEEDED' || earlier.place?.step !== task.place?.step || !isSame)
    court.violate('what is reused was done', `${task.taskId} by ${by}, from ${task.reusedFrom}`);
};

const judgeSuccess = (court: Court, by: string, old: Task | undefined, task: Task): void => {
  if (task.reusedFrom !== undefined) judgeReused(court, by, task);
  else if (task.kind === 'run') judgeNested(court, by, task);
  else if (task.kind === 'approval') judgeApproval(court, by, old, task);
  else judgeResult(court, by, old, task);
};

const judgeIndexes = (court: Court, by: string, task: Task): void => {
  const isDead = isTerminal(task.status) && task['backlogKey'] === indexKeys.deadOf(task.tenant);
  if ((task.status === 'QUEUED' || isDead) !== (task['backlogKey'] !== undefined))
    court.violate('I5 queued tasks are findable', `${task.taskId} ${task.status} by ${by}`);
  if (isTerminal(task.status) && task['sweepKey'] !== undefined)
    court.violate('the sweep reads what is live', `${task.taskId} ${task.status} by ${by}`);
};

/** A stage never has more members at work than it allows. */
const judgeCrowd = (court: Court, by: string, task: Task): void => {
  const { place, tenant } = task;
  if (place === undefined || (task.status !== 'QUEUED' && task.status !== 'ASSIGNED')) return;
  const item = court.item(keys.stage(tenant, place.runId, place.stage));
  if (item === undefined) return;
  const { total, maxParallel } = stageIn(item);
  const members = Array.from({ length: total }, (_, index) =>
    taskIn(court.item(keys.task(tenant, memberTaskId(tenant, place.runId, place.stage, index)))),
  );
  const working = members.filter((member) => member?.status === 'QUEUED' || member?.status === 'ASSIGNED').length;
  if (working > maxParallel)
    court.violate('a stage keeps its limit', `${working} of ${maxParallel} at ${short(place.runId)}, by ${by}`);
};

const show = (task: Task): string =>
  `${task.status} attempt ${task.attempt} rev ${task.rev} agent ${short(task.agentId)} claim ${short(task.claim)}`;

/** Judges a write of a task: I1, I3, I4, I5, I7, S2, S3, S4. */
export const judgeTask = (court: Court, { by, before, after }: Change): void => {
  const [old, task] = [taskIn(before), taskIn(after)];
  if (task === undefined) {
    if (old !== undefined) court.violate('I3 accepted tasks stay', `${by} overwrote ${old.taskId}`);
    return;
  }
  court.trace(() => `${by} task ${short(task.taskId)} ${old?.status ?? '-'} → ${show(task)}`);
  if (old !== undefined) judgeSuccession(court, by, old, task);
  if (task.attempt - (task.waits ?? 0) > task.retry.maxAttempts)
    court.violate('S4 attempt <= maxAttempts', `${task.taskId} attempt ${task.attempt} by ${by}`);
  if (task.status === 'ASSIGNED') judgeHolder(court, by, task);
  if (task.status === 'SUCCEEDED' && old?.status !== 'SUCCEEDED') judgeSuccess(court, by, old, task);
  if (task.status !== old?.status) judgeCrowd(court, by, task);
  judgeSpeech(court, by, task);
  judgeIndexes(court, by, task);
};
