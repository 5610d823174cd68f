import { expect } from 'vitest';
import * as z from 'zod';
import { Slots } from '#core/agents/agent.ts';
import { type RegisterRequest, registerAgent } from '#core/agents/register-agent.ts';
import { loadOf } from '#core/agents/slots.ts';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { hashUuid } from '#core/common/hash-id.ts';
import { AgentRegistration } from '#core/contract/agent.ts';
import { AgentId, RunId, type TaskId, TenantId } from '#core/contract/ids.ts';
import type { Json } from '#core/contract/json.ts';
import { keys } from '#core/contract/keys.ts';
import { TaskSubmission, type TaskSubmissionInput } from '#core/contract/task.ts';
import { AskedWorkflow, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { settleWaiting } from '#core/escalations/settle-waiting.ts';
import { openConnection } from '#core/identity/connection.ts';
import { Principal } from '#core/identity/principal.ts';
import { spreadMessage } from '#core/messaging/spread-message.ts';
import { goOnCancelling } from '#core/runs/cancel-run.ts';
import { followTask } from '#core/runs/child-run.ts';
import { decideStep } from '#core/runs/decide-step.ts';
import { type Run, readRun } from '#core/runs/run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import type { Services } from '#core/services.ts';
import { createChunk, createStage } from '#core/stages/create-stage.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { failTask } from '#core/tasks/fail-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { readTask, type Task } from '#core/tasks/task.ts';
import { handleTimer } from '#core/timers/handle-timer.ts';
import { createTestPorts } from '#test/support/create-test-ports.ts';
import { createInMemoryTable, type TableHooks } from '#test/support/in-memory-table.ts';

const Frame = z.looseObject({ type: z.string(), payload: z.record(z.string(), z.unknown()) });
export type Frame = z.infer<typeof Frame>;

export interface TestAgent {
  readonly tenant: TenantId;
  readonly agentId: AgentId;
  readonly connectionId: string;
}

export const tenant = TenantId.parse('acme');
export const otherTenant = TenantId.parse('rival');
export const owner = Principal.parse({ tenant, id: 'key:owner', role: 'admin' });
export const other = Principal.parse({ tenant, id: 'key:other', role: 'admin' });
export const stranger = Principal.parse({ tenant: otherTenant, id: 'key:owner', role: 'admin' });

/** The id that an agent without `agentId` gets. */
export const agentIdOf = (name: string): AgentId => AgentId.parse(`agt_${hashUuid('agent', tenant, name)}`);

/** Use cases on twins of every port: one tenant, one environment, a clock that moves when told. */
export const createWorld = () => {
  const hooks: TableHooks = {};
  const ports = createTestPorts({ table: createInMemoryTable(hooks) });
  const environment = (turn = 0): Services => {
    const { randomness, ...rest } = ports;
    return { ...rest, random: randomness, cache: createEnvironmentCache(turn) };
  };
  const services = environment();
  let counter = 0;

  const connect = async (connectionId: string, principal = owner): Promise<void> =>
    openConnection(services, connectionId, principal);

  const register = async (request: {
    readonly registration: Record<string, unknown>;
    readonly connectionId: string;
    readonly principal?: Principal;
    readonly seq?: number;
  }): Promise<Slots> => {
    let answered: Slots | undefined;
    const full: RegisterRequest = {
      principal: request.principal ?? owner,
      connectionId: request.connectionId,
      seq: request.seq ?? 1,
      registration: AgentRegistration.parse(request.registration),
    };
    await registerAgent(services, full, async (slots) => {
      answered = slots;
    });
    if (answered === undefined) throw new Error('the registration was not answered');
    return answered;
  };

  /** A connected agent: `name` is its connection's name too. */
  const agent = async (name: string, registration: Record<string, unknown> = {}): Promise<TestAgent> => {
    const connectionId = `socket-${name}`;
    await connect(connectionId);
    const slots = await register({ registration: { name, ...registration }, connectionId });
    return { tenant, agentId: slots.agentId, connectionId };
  };

  const submit = async (
    submission: Partial<TaskSubmissionInput> = {},
    options: { key?: string; principal?: Principal; connectionId?: string } = {},
  ): Promise<Task> => {
    counter += 1;
    const { key = `key-${counter}`, principal = owner, connectionId } = options;
    return submitTask(services, {
      principal,
      idempotencyKey: key,
      submission: TaskSubmission.parse({ type: 'work', ...submission }),
      ...(connectionId === undefined ? {} : { connectionId }),
    });
  };

  const task = async (taskId: string, of: string = tenant): Promise<Task> => {
    const found = readTask(await ports.table.get(keys.task(of, taskId), { consistent: true }));
    if (found.kind !== 'task') throw new Error(`there is no task ${taskId} but ${found.kind}`);
    return found.task;
  };

  const slots = async ({ agentId }: Pick<TestAgent, 'agentId'>): Promise<Slots> =>
    Slots.parse(await ports.table.get(keys.slots(tenant, agentId), { consistent: true }));

  const frames = (connectionId: string, type?: string): readonly Frame[] =>
    ports.sockets
      .framesTo(connectionId)
      .map((frame) => Frame.parse(frame))
      .filter((frame) => type === undefined || frame.type === type);

  const complete = async (by: TestAgent, taskId: TaskId, output: Json = null, attempt?: number): Promise<void> =>
    completeTask(services, by, { taskId, attempt: attempt ?? (await task(taskId)).attempt, output });

  const fail = async (
    by: TestAgent,
    taskId: TaskId,
    error: { code?: string; retryable?: boolean; attempt?: number } = {},
  ): Promise<void> =>
    failTask(services, by, {
      taskId,
      attempt: error.attempt ?? (await task(taskId)).attempt,
      error: { code: error.code ?? 'BROKEN', message: 'It broke.', retryable: error.retryable ?? true },
    });

  const advance = (ms: number): void => ports.clock.advance(ms);

  /** Fires every timer that is set, without moving the clock. */
  const fireTimers = async (kind?: string): Promise<number> => {
    const due = ports.queues.timers.splice(0).map(({ message }) => message);
    const fired = due.filter((message) => kind === undefined || message.kind === kind);
    for (const message of fired) await handleTimer(services, message);
    return fired.length;
  };

  /** Handles what lies on the tasks queue, once each. */
  const drainTasks = async (): Promise<void> => {
    for (let entry = ports.queues.tasks.shift(); entry !== undefined; entry = ports.queues.tasks.shift()) {
      const { message } = entry;
      if (message.kind === 'stage') await createStage(services, message);
      if (message.kind === 'chunk') await createChunk(services, message);
      if (message.kind === 'cancel') await goOnCancelling(services, message);
      if (message.kind === 'spread') await spreadMessage(services, message);
      if (message.kind === 'settle') await settleWaiting(services, message);
      if (message.kind === 'follow') await followTask(services, message.tenant, message.taskId);
    }
  };

  const start = async (definition: WorkflowDefinitionInput, input: Json = null, key = 'run'): Promise<Run> => {
    await putWorkflow(services, tenant, AskedWorkflow.parse(definition));
    return startRun(services, {
      principal: owner,
      request: { workflow: definition.name, input },
      idempotencyKey: key,
    });
  };

  const run = async (runId: string): Promise<Run> => readRun(services, tenant, RunId.parse(runId));

  /** What the state machine does on entering a stage. */
  const enterStage = async (of: Run, stage: number, taskToken = `token-${stage}`): Promise<void> =>
    createStage(services, { kind: 'stage', tenant, runId: of.runId, stage, taskToken });

  /** What the state machine asks between two stages. */
  const decideAt = async (of: Run, step: string, position: number): Promise<Awaited<ReturnType<typeof decideStep>>> =>
    decideStep(services, { tenant, runId: of.runId, step, position });

  /** Every task of the tenant, in key order. */
  const tasks = (): readonly Task[] =>
    ports.table
      .items()
      .filter((item) => item['sk'] === 'TASK')
      .flatMap((item) => {
        const found = readTask(item);
        return found.kind === 'task' ? [found.task] : [];
      });

  const members = (stage: number, step?: string): readonly Task[] =>
    tasks()
      .filter(({ place }) => place?.stage === stage && (step === undefined || place.step === step))
      .toSorted((a, b) => (a.place?.index ?? 0) - (b.place?.index ?? 0));

  const memberId = (stage: number, index: number): TaskId => {
    const member = members(stage)[index];
    if (member === undefined) throw new Error(`stage ${stage} has no member ${index}`);
    return member.taskId;
  };

  /** I2 and the books: free slots are always the limit less what is carried. */
  const expectBooksToBalance = (): void => {
    for (const item of ports.table.items().filter(({ sk }) => sk === 'SLOTS')) {
      const seen = Slots.parse(item);
      expect({ name: seen.name, free: seen.freeSlots }).toEqual({
        name: seen.name,
        free: seen.maxConcurrency - loadOf(seen),
      });
    }
  };

  return {
    ports,
    hooks,
    services,
    environment,
    connect,
    register,
    agent,
    submit,
    task,
    slots,
    frames,
    complete,
    fail,
    advance,
    fireTimers,
    drainTasks,
    start,
    run,
    enterStage,
    decideAt,
    tasks,
    members,
    memberId,
    expectBooksToBalance,
  };
};

export type World = ReturnType<typeof createWorld>;
