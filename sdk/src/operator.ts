import * as z from 'zod';
import { TaskView } from '../../core/contract/task.ts';
import { type TriggerDefinitionInput, TriggerView } from '../../core/contract/trigger.ts';
import { RunTimeline, RunView } from '../../core/contract/workflow.ts';
import type { CallOptions, ClientOptions, ListOptions, Page, SubmitOptions } from './client.ts';
import { Http } from './http.ts';
import { realTimers } from './timers.ts';

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item), nextCursor: z.string().optional() });

const pathOf = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

/** What people do about runs: let them pause, look at how they went, answer what waits for a person, have events start them. */
export class Operator {
  readonly #http: Http;

  constructor({ url, apiKey, timers = realTimers, random = Math.random }: Omit<ClientOptions, 'socketUrl'>) {
    this.#http = new Http({ url, apiKey, timers, random });
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

  /** What waits for a person, or with `open: false` what was answered; the newest first. */
  listApprovals({
    open,
    limit,
    cursor,
    signal,
  }: Omit<ListOptions, 'status'> & { readonly open?: boolean } = {}): Promise<Page<TaskView>> {
    const query = new URLSearchParams();
    if (open !== undefined) query.set('open', String(open));
    if (limit !== undefined) query.set('limit', String(limit));
    if (cursor !== undefined) query.set('cursor', cursor);
    const path = `/approvals${query.size === 0 ? '' : `?${query.toString()}`}`;
    return this.#http.call({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) }, pageOf(TaskView));
  }

  /** Answers an approval by one of its options. The same answer again is the same answer. */
  answerApproval(taskId: string, answer: { readonly decision: string; readonly comment?: string }): Promise<TaskView> {
    return this.#http.call({ method: 'POST', path: pathOf('approvals', taskId), body: answer }, TaskView);
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
}
