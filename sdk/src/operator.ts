import * as z from 'zod';
import { DryRun } from '../../core/contract/dry-run.ts';
import { type TriggerDefinitionInput, TriggerView } from '../../core/contract/trigger.ts';
import { RunTimeline, RunView, type WorkflowDefinitionInput } from '../../core/contract/workflow.ts';
import type { CallOptions, ClientOptions, Page, SubmitOptions } from './client.ts';
import { Http } from './http.ts';
import { realTimers } from './timers.ts';

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item), nextCursor: z.string().optional() });

const pathOf = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

/** What people do about runs: let them pause, look at how they went, have events start them. */
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
}
