import * as z from 'zod';
import { AgentView } from '../../core/contract/agent.ts';
import { ApprovalLink, type LinkRequest } from '../../core/contract/approval-link.ts';
import { type ConflictReportInput, ConflictStats, ConflictView } from '../../core/contract/conflict.ts';
import { DryRun } from '../../core/contract/dry-run.ts';
import type { EscalationRequestInput } from '../../core/contract/escalation.ts';
import { MailView } from '../../core/contract/messaging.ts';
import { type StateChangeInput, StateView } from '../../core/contract/state.ts';
import { Cleared, QueueStatus, Stopped, SystemStatus } from '../../core/contract/system.ts';
import { TaskView } from '../../core/contract/task.ts';
import { type TriggerDefinitionInput, TriggerView } from '../../core/contract/trigger.ts';
import { ValueVersion, type ValueWriteInput } from '../../core/contract/value.ts';
import { RunTimeline, RunView, type WorkflowDefinitionInput } from '../../core/contract/workflow.ts';
import type { CallOptions, ClientOptions, ListOptions, Page, SubmitOptions } from './call-options.ts';
import { pageOf } from './call-options.ts';
import { Http } from './http.ts';
import { realTimers } from './timers.ts';

const pathOf = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

const Redriven = z.looseObject({
  redriven: z.array(z.looseObject({ taskId: z.string(), retriedAs: z.string() })),
  refused: z.array(z.looseObject({ taskId: z.string(), code: z.string() })),
  hasMore: z.boolean(),
});
/** What a redrive came to. */
export type Redriven = z.infer<typeof Redriven>;

/** Which dead letters. */
export interface DeadLetterFilter {
  readonly type?: string | undefined;
  /** Of the error that they ended with. */
  readonly code?: string | undefined;
}

/** Of a stop: why, as those whom it concerns are told. */
export interface StopOptions extends CallOptions {
  readonly reason?: string | undefined;
}

/** What people do about agents, tasks that failed and runs; and what they look at to know how it goes. */
export class Operator {
  readonly #http: Http;

  constructor({ url, apiKey, timers = realTimers, random = Math.random }: Omit<ClientOptions, 'socketUrl'>) {
    this.#http = new Http({ url, apiKey, timers, random });
  }

  /** Checks a workflow without storing it: who could do it now, its cost, and how long a run would take. */
  dryRun(definition: WorkflowDefinitionInput, { signal }: CallOptions = {}): Promise<DryRun> {
    const request = { method: 'POST', path: '/workflows', query: { dryRun: 'true' }, body: definition } as const;
    return this.#http.call({ ...request, ...(signal === undefined ? {} : { signal }) }, DryRun);
  }

  /** What agents have goes on, nothing new begins. */
  pauseRun(runId: string, options: CallOptions = {}): Promise<RunView> {
    return this.#http.call({ method: 'POST', path: pathOf('runs', runId, 'pause'), ...options }, RunView);
  }

  resumeRun(runId: string, options: CallOptions = {}): Promise<RunView> {
    return this.#http.call({ method: 'POST', path: pathOf('runs', runId, 'resume'), ...options }, RunView);
  }

  /** Who waited, who worked for how long at what cost, and what the run took so long for. */
  getTimeline(runId: string, options: CallOptions = {}): Promise<RunTimeline> {
    return this.#http.call({ method: 'GET', path: pathOf('runs', runId, 'timeline'), ...options }, RunTimeline);
  }

  /** Has a workflow start whenever an event matches, or at certain times; in place of a trigger of the same name. */
  putTrigger(trigger: TriggerDefinitionInput, options: SubmitOptions = {}): Promise<TriggerView> {
    return this.#http.call({ method: 'POST', path: '/triggers', body: trigger, ...options }, TriggerView);
  }

  listTriggers(options: CallOptions = {}): Promise<Page<TriggerView>> {
    return this.#http.call({ method: 'GET', path: '/triggers', ...options }, pageOf(TriggerView));
  }

  async removeTrigger(name: string, options: CallOptions = {}): Promise<void> {
    await this.#http.call({ method: 'DELETE', path: pathOf('triggers', name), ...options }, z.unknown());
  }

  getTrigger(name: string, options: CallOptions = {}): Promise<TriggerView> {
    return this.#http.call({ method: 'GET', path: pathOf('triggers', name), ...options }, TriggerView);
  }

  /** Lets an agent finish what it has and take nothing new (`drain`), keeps it as it is (`pause`), or undoes both. */
  steerAgent(agentId: string, action: 'drain' | 'pause' | 'resume', options: CallOptions = {}): Promise<AgentView> {
    return this.#http.call({ method: 'POST', path: pathOf('agents', agentId, action), ...options }, AgentView);
  }

  /** Stops an agent at once: its work goes elsewhere, and it may not come back before it is resumed. */
  stopAgent(agentId: string, { reason, ...options }: StopOptions = {}): Promise<AgentView> {
    const body = reason === undefined ? {} : { reason };
    return this.#http.call({ method: 'POST', path: pathOf('agents', agentId, 'stop'), body, ...options }, AgentView);
  }

  /** Stops a run at once, with everything under it. */
  stopRun(runId: string, { reason, ...options }: StopOptions = {}): Promise<RunView> {
    const body = reason === undefined ? {} : { reason };
    return this.#http.call({ method: 'POST', path: pathOf('runs', runId, 'stop'), body, ...options }, RunView);
  }

  /** Stops everything of the tenant at once: nothing is taken, nothing assigned, every agent is stopped. */
  stopSystem({ reason, ...options }: StopOptions = {}): Promise<Stopped> {
    const body = reason === undefined ? {} : { reason };
    return this.#http.call({ method: 'POST', path: '/system/stop', body, ...options }, Stopped);
  }

  /** Ends an emergency stop. */
  resumeSystem(options: CallOptions = {}): Promise<Stopped> {
    return this.#http.call({ method: 'POST', path: '/system/resume', body: {}, ...options }, Stopped);
  }

  /** Closes an agent's socket and forgets it; its work goes elsewhere. */
  async removeAgent(agentId: string, options: CallOptions = {}): Promise<void> {
    await this.#http.call({ method: 'DELETE', path: pathOf('agents', agentId), ...options }, z.unknown());
  }

  /** What waits in an agent's mailbox, and what it never took; without the content. */
  listMail(agentId: string, { signal, ...query }: Omit<ListOptions, 'status'> = {}): Promise<Page<MailView>> {
    return this.#http.call({ method: 'GET', path: pathOf('agents', agentId, 'mail'), query, signal }, pageOf(MailView));
  }

  /** Does a task that has ended once more, as a new task. */
  retryTask(taskId: string, options: SubmitOptions = {}): Promise<TaskView> {
    return this.#http.call({ method: 'POST', path: pathOf('tasks', taskId, 'retry'), body: {}, ...options }, TaskView);
  }

  /** Tasks that failed or timed out and were not done again, oldest first. */
  listDeadLetters(filter: DeadLetterFilter & Omit<ListOptions, 'status'> = {}): Promise<Page<TaskView>> {
    const { signal, ...query } = filter;
    return this.#http.call({ method: 'GET', path: '/dead-letters', query, signal }, pageOf(TaskView));
  }

  /** Does dead letters again, oldest first, one after the other. */
  redrive({
    signal,
    idempotencyKey,
    ...body
  }: DeadLetterFilter &
    SubmitOptions & { limit?: number | undefined; staggerMs?: number | undefined } = {}): Promise<Redriven> {
    return this.#http.call({ method: 'POST', path: '/dead-letters/redrive', body, signal, idempotencyKey }, Redriven);
  }

  /** Makes a link by which one person answers an approval once, without a key. Told once: whoever has it may answer. */
  createApprovalLink(
    taskId: string,
    request: z.input<typeof LinkRequest>,
    options: CallOptions = {},
  ): Promise<ApprovalLink> {
    const path = pathOf('approvals', taskId, 'links');
    return this.#http.call({ method: 'POST', path, body: request, ...options }, ApprovalLink);
  }

  /** Puts something before people; it is answered as any approval is. */
  raiseEscalation(request: EscalationRequestInput, options: SubmitOptions = {}): Promise<TaskView> {
    return this.#http.call({ method: 'POST', path: '/escalations', body: request, ...options }, TaskView);
  }

  /** What was put before people, newest first; with `open` only what is not answered. */
  listEscalations({
    signal,
    open,
    ...rest
  }: ListOptions & { open?: boolean | undefined } = {}): Promise<Page<TaskView>> {
    const query = { ...rest, ...(open === true ? { open: 'true' } : {}) };
    return this.#http.call({ method: 'GET', path: '/escalations', query, signal }, pageOf(TaskView));
  }

  /** One escalation with its answer. */
  getEscalation(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    return this.#http.call({ method: 'GET', path: pathOf('escalations', taskId), ...options }, TaskView);
  }

  /** Has a disagreement of agents settled, by rules or by people. */
  reportConflict(report: ConflictReportInput, options: SubmitOptions = {}): Promise<ConflictView> {
    return this.#http.call({ method: 'POST', path: '/conflicts', body: report, ...options }, ConflictView);
  }

  /** A conflict with its log, as far as it has come. */
  getConflict(conflictId: string, options: CallOptions = {}): Promise<ConflictView> {
    return this.#http.call({ method: 'GET', path: pathOf('conflicts', conflictId), ...options }, ConflictView);
  }

  /** Conflicts, newest first. */
  listConflicts({ signal, ...query }: ListOptions & { type?: string } = {}): Promise<Page<ConflictView>> {
    return this.#http.call({ method: 'GET', path: '/conflicts', query, signal }, pageOf(ConflictView));
  }

  /** Conflicts by how they came out, and what was learned. */
  conflictStats(options: CallOptions = {}): Promise<ConflictStats> {
    return this.#http.call({ method: 'GET', path: '/conflicts/stats', ...options }, ConflictStats);
  }

  /** Writes a value whose version was seen; a conflict is settled as its scope has it. */
  writeValue(write: ValueWriteInput, options: SubmitOptions = {}): Promise<ValueVersion> {
    return this.#http.call({ method: 'POST', path: '/values', body: write, ...options }, ValueVersion);
  }

  /** The newest version of a value. */
  getValue(scope: string, name: string, options: CallOptions = {}): Promise<ValueVersion> {
    return this.#http.call({ method: 'GET', path: pathOf('values', scope, name), ...options }, ValueVersion);
  }

  /** Versions of a value, newest first: also the log of its conflicts. */
  listVersions(
    scope: string,
    name: string,
    { signal, ...query }: Omit<ListOptions, 'status'> = {},
  ): Promise<Page<ValueVersion>> {
    return this.#http.call(
      { method: 'GET', path: pathOf('values', scope, name, 'versions'), query, signal },
      pageOf(ValueVersion),
    );
  }

  /** A page of what agents share in a scope. */
  getState(scope: string, { signal, ...query }: Omit<ListOptions, 'status'> = {}): Promise<StateView> {
    return this.#http.call({ method: 'GET', path: pathOf('state', scope), query, signal }, StateView);
  }

  /** Changes what agents share in a scope; once, however often it is sent under one key. */
  changeState(body: StateChangeInput, options: SubmitOptions = {}): Promise<StateView> {
    return this.#http.call({ method: 'POST', path: '/state', body, ...options }, StateView);
  }

  /** Whether the tenant takes work, how its agents are, what waits. */
  getStatus(options: CallOptions = {}): Promise<SystemStatus> {
    return this.#http.call({ method: 'GET', path: '/system/status', ...options }, SystemStatus);
  }

  /** Frees what is stuck now rather than at the next sweep. */
  clearStuck(options: CallOptions = {}): Promise<Cleared> {
    return this.#http.call({ method: 'POST', path: '/queue/clear-stuck', body: {}, ...options }, Cleared);
  }

  /** What waits for an agent, and for what. */
  getQueue(options: CallOptions = {}): Promise<QueueStatus> {
    return this.#http.call({ method: 'GET', path: '/queue/status', ...options }, QueueStatus);
  }
}
