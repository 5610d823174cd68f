import { lookForAgents, namesBeyond } from '../agents/roster.ts';
import type { Explanation } from '../contract/explanation.ts';
import type { TaskId, TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import { showHandoff } from '../handoff/show-handoff.ts';
import { type Candidate, hasDeclined, lacksOf, type WhyNot, whyNotFit, whyNotThis } from '../routing/candidate.ts';
import { rank } from '../routing/rank.ts';
import { requirementSignature } from '../routing/signature.ts';
import { readRun } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { virtualStart } from '../tasks/task-writes.ts';
import { knownSettings } from '../tenants/settings.ts';
import { whatWouldUnblock } from './what-would-unblock.ts';

/** Places ahead in the queue that are counted; beyond it is "at least". */
const countedPlaces = 500;

const whyNot = (task: Task, { agent, slots }: Candidate, nowMs: number): WhyNot | undefined =>
  (task.excluded?.includes(agent.agentId) === true ? 'excluded' : undefined) ??
  whyNotFit(task, agent) ??
  whyNotThis(task, slots, nowMs);

/** How many queued tasks of the same requirements have their turn before this one. */
const placeInQueue = async (services: Services, task: Task): Promise<NonNullable<Explanation['queue']>> => {
  const { backlogSort } = indexKeys.backlog(task.tenant, '', virtualStart(task), task.taskId);
  const partition = indexKeys.backlogOf(task.tenant, requirementSignature(task));
  const { items, cursor } = await services.table.query({
    partition,
    index: 'backlog',
    upTo: backlogSort,
    limit: countedPlaces,
  });
  const ahead = items.filter((item) => item['backlogSort'] !== backlogSort).length;
  return { position: ahead + 1, isExact: cursor === undefined || items.length < countedPlaces };
};

const lacksIn = (task: Task, { agent, slots }: Candidate): { lacks?: string[] } => {
  const declined = hasDeclined(task, slots) ? [`no_handler: ${task.type}; it declined one`] : [];
  const lacks = [...[...lacksOf(task, agent)].map(({ why, what }) => `${why}: ${what}`), ...declined];
  return lacks.length === 0 ? {} : { lacks };
};

/** What a task that no agent is given waits for; `undefined` for one that waits for an agent, or for nothing. */
const outsideWait = async (services: Services, task: Task): Promise<string | undefined> => {
  if (task.status !== 'PENDING' || task.waitingFor !== undefined) return undefined;
  if (task.kind === 'approval') return `A person answering it: POST /v1/approvals/${task.taskId}.`;
  if (task.childRunId !== undefined) return `The end of the run ${task.childRunId}, which does it.`;
  if (task.place === undefined) return undefined;
  const { status, runId } = await readRun(services, task.tenant, task.place.runId);
  return status === 'PAUSED' ? `Resuming its run, which is paused: POST /v1/runs/${runId}/resume.` : undefined;
};

/** What would move a task that has ended, or that somebody is at work on. */
const afterTheEnd = (task: Task): string[] => {
  if (!isTerminal(task.status) || task.status === 'SUCCEEDED') return [];
  return task.place === undefined
    ? [`Doing it again, as a new task: POST /v1/tasks/${task.taskId}/retry.`]
    : [`It has ended, and belongs to the run ${task.place.runId}: start that again.`];
};

/** Who has it, and who had it and handed it over. */
const holdersOf = async (
  services: Services,
  { tenant, agentId, agentName, handoffs }: Task,
): Promise<Partial<Explanation>> => ({
  ...(agentId === undefined ? {} : { agentId, agentName }),
  ...(handoffs === undefined
    ? {}
    : { handoffs: await Promise.all(handoffs.map((handoff) => showHandoff(services, tenant, handoff))) }),
});

/**
 * Says why a task is where it is, from the state as it is now: up to 100 agents with what each lacks or how it scores
 * (of a larger fleet more by name, as `not_in_sample`), the task's place in the queue, and what would unblock it. Changes nothing.
 *
 * @throws NotFoundError when there is none of this tenant's.
 */
export const explainTask = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Explanation> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  const { task } = found;
  const nowMs = services.clock.now();
  const isSettled = isTerminal(task.status) || task.status === 'ASSIGNED';
  const outside = isSettled ? undefined : await outsideWait(services, task);
  const waits = outside === undefined ? undefined : [outside];
  // Everybody, not only who fits: why an agent is left out is the question.
  const look = await lookForAgents(services, tenant, { requirements: { capabilities: [] } }, 'wide');
  const open = look.candidates.filter((candidate) => whyNot(task, candidate, nowMs) === undefined);
  const strategy = task.strategy ?? (await knownSettings(services, tenant)).defaultStrategy;
  const { ranked } = rank(strategy, { task, candidates: open, nowMs, random: () => 0.5, turn: 0 });
  const scored = new Map(ranked.map((entry) => [entry.candidate.agent.agentId, entry]));
  const agents = look.candidates.map((candidate) => {
    const { agentId, name } = candidate.agent;
    const entry = scored.get(agentId);
    const reason = whyNot(task, candidate, nowMs);
    return {
      agentId,
      name,
      ...(reason === undefined ? {} : { whyNot: reason }),
      ...lacksIn(task, candidate),
      ...(entry === undefined ? {} : { score: entry.score, terms: entry.terms }),
      ...(task.avoid?.includes(agentId) === true ? { gaveItUp: true } : {}),
    };
  });
  const reasons = look.candidates.map((candidate) => whyNot(task, candidate, nowMs));
  const others = await namesBeyond(services, tenant, look);
  return {
    taskId,
    status: task.status,
    attempt: task.attempt,
    ...(task.decision === undefined ? {} : { decision: task.decision }),
    ...(await holdersOf(services, task)),
    agents: [...agents, ...others.map((agent) => ({ ...agent, whyNot: 'not_in_sample' as const }))],
    complete: look.complete,
    ...(task.status === 'QUEUED' ? { queue: await placeInQueue(services, task) } : {}),
    ...(task.error === undefined ? {} : { error: task.error }),
    wouldUnblock: isSettled ? afterTheEnd(task) : (waits ?? whatWouldUnblock(task, reasons, look.complete)),
  };
};
