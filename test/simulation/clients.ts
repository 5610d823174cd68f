import { removeAgent } from '#core/agents/remove-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { recordAction } from '#core/audit/record-action.ts';
import { TaskId } from '#core/contract/ids.ts';
import type { TenantSettings } from '#core/contract/settings.ts';
import { TaskSubmission, type TaskSubmissionInput } from '#core/contract/task.ts';
import {
  RunRequest,
  type RunRequestInput,
  WorkflowDefinition,
  type WorkflowDefinitionInput,
} from '#core/contract/workflow.ts';
import { redrive } from '#core/dead-letters/dead-letters.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { followLog, type Subject } from '#core/event-log/follow-log.ts';
import type { Principal } from '#core/identity/principal.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { pauseRun, resumeRun } from '#core/runs/pause-run.ts';
import type { Run } from '#core/runs/run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import type { Services } from '#core/services.ts';
import { acceptLateResult } from '#core/tasks/accept-late-result.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import type { Agent } from './agent.ts';
import type { Ended } from './invocation.ts';
import type { Platform } from './platform.ts';

const clientTimeoutMs = 20_000;

/** What a client asks for over HTTP: asks again, with the same key, until it has an answer or gives up. */
export class Client {
  /** Tasks that were accepted: the platform named them in a good answer. */
  readonly accepted = new Set<TaskId>();
  readonly runs = new Set<Run['runId']>();
  private readonly platform: Platform;
  private readonly principal: Principal;
  private readonly idOfKey = new Map<string, string>();

  constructor(platform: Platform, principal: Principal) {
    this.platform = platform;
    this.principal = principal;
  }

  submit(idempotencyKey: string, input: TaskSubmissionInput, maxTries: number): void {
    const submission = TaskSubmission.parse(input);
    const { principal } = this;
    this.request(
      `submit ${idempotencyKey}`,
      (services) => submitTask(services, { principal, submission, idempotencyKey }),
      (task) => {
        this.sameId(idempotencyKey, task.taskId);
        this.accepted.add(task.taskId);
      },
      maxTries,
    );
  }

  /** The same key for something else: refused once the first is stored, and nothing changes. */
  misuse(idempotencyKey: string, type: string): void {
    if (!this.idOfKey.has(idempotencyKey)) return;
    const submission = TaskSubmission.parse({ type, input: 'other' });
    const { principal } = this;
    this.request(
      `misuse ${idempotencyKey}`,
      (services) => submitTask(services, { principal, submission, idempotencyKey }),
      () => this.platform.world.violate('I7 one key, one task', `${idempotencyKey} was accepted with a different body`),
    );
  }

  cancel(taskId: TaskId): void {
    this.request(`cancel ${taskId.slice(-8)}`, (services) =>
      cancelTask(services, this.principal, taskId, 'not needed'),
    );
  }

  /** Does a task again that has ended; a new task. */
  retry(taskId: TaskId, idempotencyKey: string): void {
    const { principal } = this;
    this.request(
      `retry ${taskId.slice(-8)}`,
      (services) => retryTask(services, { principal, taskId, idempotencyKey, runAt: undefined }),
      (task) => {
        this.sameId(`${taskId} ${idempotencyKey}`, task.taskId);
        this.accepted.add(task.taskId);
      },
    );
  }

  /** Does again what failed. */
  redrive(idempotencyKey: string): void {
    const request = { limit: 10, staggerMs: 2000, idempotencyKey };
    this.request(
      'redrive',
      (services) => redrive(services, this.principal, request),
      ({ redriven }) => redriven.forEach(({ retriedAs }) => this.accepted.add(TaskId.parse(retriedAs))),
    );
  }

  /** An operator takes a result that came too late. */
  acceptLate(late: { readonly taskId: TaskId; readonly attempt: number }): void {
    this.request(`accept late ${late.taskId.slice(-8)}`, (services) =>
      acceptLateResult(services, this.principal, late),
    );
  }

  define(definition: WorkflowDefinitionInput): void {
    const parsed = WorkflowDefinition.parse(definition);
    this.request(`define ${parsed.name}`, (services) => putWorkflow(services, this.principal.tenant, parsed));
  }

  run(idempotencyKey: string, request: RunRequestInput): void {
    const { principal } = this;
    const parsed = RunRequest.parse(request);
    this.request(
      `run ${idempotencyKey}`,
      (services) => startRun(services, { principal, request: parsed, idempotencyKey }),
      (run) => {
        this.sameId(idempotencyKey, run.runId);
        this.runs.add(run.runId);
      },
    );
  }

  cancelRun(runId: Run['runId']): void {
    this.request(`cancel run ${runId.slice(-8)}`, (services) =>
      cancelRun(services, this.principal, runId, 'not needed'),
    );
  }

  pauseRun(runId: Run['runId']): void {
    this.request(`pause run ${runId.slice(-8)}`, (services) => pauseRun(services, this.principal, runId));
  }

  resumeRun(runId: Run['runId']): void {
    this.request(`resume run ${runId.slice(-8)}`, (services) => resumeRun(services, this.principal, runId));
  }

  /** An operator lets an agent take work, or not. */
  operate(agent: Agent, update: Parameters<typeof updateAgent>[2]): void {
    const { tenant } = this.principal;
    const { agentId } = agent;
    this.request(`operate ${agent.name}`, async (services) => {
      await updateAgent(services, { tenant, agentId }, update);
      await recordAction(services, this.principal, { action: 'PATCH /v1/agents/{agentId}', on: { agentId } });
    });
  }

  /** An operator decides what holds for the tenant. */
  settle(settings: TenantSettings): void {
    this.request('settle', async (services) => {
      await writeSettings(services, this.principal.tenant, settings);
      await recordAction(services, this.principal, { action: 'PUT /v1/settings', on: {} });
    });
  }

  /** An operator removes an agent for good, and insists; its process may come back and register anew. */
  remove(agent: Agent): void {
    const remove = (services: Services): Promise<boolean> =>
      removeAgent(services, this.principal, agent.agentId).then(
        () => true,
        (error: unknown) => {
          if (error instanceof NotFoundError) return false;
          throw error;
        },
      );
    this.request(`remove ${agent.name}`, remove, undefined, Infinity);
  }

  /** Looks at a log, and has it kept from now on. */
  follow(subject: Subject): void {
    const query = { cursor: 0, limit: 100, untilMs: 0 };
    this.look('events', (services, principal) =>
      followLog(services, principal, subject, { query, pause: async () => undefined }),
    );
  }

  look(name: string, view: (services: Services, principal: Principal) => Promise<unknown>): void {
    void this.platform.handle(`view ${name}`, this.principal.tenant, (services) => view(services, this.principal));
  }

  /** Asks until there is an answer that asking again would not change. */
  request<T>(
    name: string,
    useCase: (services: Services) => Promise<T>,
    done: (value: T) => void = () => undefined,
    maxTries = 12,
  ): void {
    const { world } = this.platform;
    let tries = 0;
    let isAnswered = false;
    const again = (ofTry: number): void => {
      if (isAnswered || ofTry !== tries || tries > maxTries) return;
      once();
    };
    const settle = (ofTry: number, ended: Ended<T>): void => {
      // Every good answer counts, also one that comes after the client has asked again.
      if (ended.kind === 'done') done(ended.value);
      if (ended.kind === 'done' || !(ended.error.retryable || ended.error.code === 'NOT_FOUND')) isAnswered = true;
      else world.scheduler.after(world.storyChance.between(500, 4000), () => again(ofTry));
    };
    const once = (): void => {
      tries += 1;
      const ofTry = tries;
      void this.platform.handle(name, this.principal.tenant, useCase, 15_000).then((ended) => settle(ofTry, ended));
      world.scheduler.after(clientTimeoutMs, () => again(ofTry));
    };
    once();
    if (world.chance.happens(world.weather.duplicate)) {
      world.faults.note('request sent twice at once');
      once();
    }
  }

  private sameId(key: string, id: string): void {
    const known = this.idOfKey.get(key) ?? id;
    this.idOfKey.set(key, known);
    if (known !== id) this.platform.world.violate('I7 one key, one task', `${key} named ${known} and ${id}`);
  }
}
