import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import { Slots } from '#core/agents/agent.ts';
import { registerAgent } from '#core/agents/register-agent.ts';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { AgentRegistration } from '#core/contract/agent.ts';
import { type AgentId, TaskId, TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { openConnection } from '#core/identity/connection.ts';
import { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import { sweep } from '#core/sweep/sweep.ts';
import type { Table } from '#core/table/table.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { readTask } from '#core/tasks/task.ts';
import { createTestPorts } from '#test/support/create-test-ports.ts';
import { type Engine, startEngine } from '#test/support/engine.ts';

const tenant = TenantId.parse('acme');
const principal = Principal.parse({ tenant, id: 'key:owner', role: 'admin' });
const shape = { dispatchers: 50, tasks: 1000, agents: 20, slots: 3 } as const;
const Assigned = z.looseObject({
  type: z.literal('task.assigned'),
  payload: z.looseObject({ attempt: z.int(), task: z.looseObject({ taskId: TaskId }) }),
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(async () => engine.stop());

/** Counts conditional writes that lost. */
const counting = (table: Table, counts: { lost: number }): Table => ({
  ...table,
  update: async (update) => {
    const written = await table.update(update);
    if (!written.won) counts.lost += 1;
    return written;
  },
});

describe('assignment under contention on the engine', () => {
  it(`gives ${shape.tasks} tasks of ${shape.dispatchers} dispatchers to ${shape.agents} agents of ${shape.slots} slots, each once`, async () => {
    const counts = { lost: 0 };
    const table = counting(createDynamoTable({ client: engine.client, tableName: engine.tableName }), counts);
    const executions = new Map<string, number>();
    const holding = new Map<string, number>();
    let most = 0;
    const { randomness, ...ports } = createTestPorts();
    const running: Promise<void>[] = [];

    const work = async (services: Services, agentId: AgentId, frame: string): Promise<void> => {
      const assigned = Assigned.safeParse(JSON.parse(frame));
      if (!assigned.success) return;
      const { task, attempt } = assigned.data.payload;
      holding.set(agentId, (holding.get(agentId) ?? 0) + 1);
      most = Math.max(most, holding.get(agentId) ?? 0);
      executions.set(task.taskId, (executions.get(task.taskId) ?? 0) + 1);
      await new Promise(setImmediate);
      // An agent has let go before the platform can know it.
      holding.set(agentId, (holding.get(agentId) ?? 0) - 1);
      await completeTask(services, { tenant, agentId }, { taskId: task.taskId, attempt, output: task.taskId });
    };
    const agentOf = new Map<string, AgentId>();
    const environment = (turn: number): Services => {
      const services: Services = {
        ...ports,
        table,
        random: randomness,
        cache: createEnvironmentCache(turn),
        sockets: {
          close: async () => undefined,
          post: async (connectionId, frame) => {
            const agentId = agentOf.get(connectionId);
            if (agentId !== undefined) running.push(work(services, agentId, frame));
            return 'delivered';
          },
        },
      };
      return services;
    };

    const first = environment(0);
    for (let index = 0; index < shape.agents; index++) {
      const connectionId = `socket-${index}`;
      await openConnection(first, connectionId, principal);
      const registration = AgentRegistration.parse({ name: `agent-${index}`, maxConcurrency: shape.slots });
      await registerAgent(first, { principal, connectionId, seq: 1, registration }, async (slots) => {
        agentOf.set(connectionId, slots.agentId);
      });
    }
    const taskIds: string[] = [];
    await Promise.all(
      Array.from({ length: shape.dispatchers }, async (_, dispatcher) => {
        const services = environment(dispatcher);
        for (let turn = 0; turn < shape.tasks / shape.dispatchers; turn++) {
          const submission = TaskSubmission.parse({ type: 'work', input: { dispatcher, turn } });
          taskIds.push(
            (await submitTask(services, { principal, submission, idempotencyKey: `${dispatcher}-${turn}` })).taskId,
          );
        }
      }),
    );
    for (let settled = 0; settled < running.length; settled = running.length) await Promise.all(running);
    // What a lost race left queued is the sweep's: one is enough, because nothing else is at work any more.
    await sweep(environment(99));
    for (let settled = -1; settled < running.length; ) {
      settled = running.length;
      await Promise.all(running);
    }

    const statuses = await Promise.all(
      taskIds.map(async (taskId) => {
        const found = readTask(await table.get(keys.task(tenant, taskId), { consistent: true }));
        return found.kind === 'task' ? found.task.status : found.kind;
      }),
    );
    expect(new Set(taskIds).size).toBe(shape.tasks);
    expect(statuses.filter((status) => status !== 'SUCCEEDED')).toEqual([]);
    expect(executions.size).toBe(shape.tasks);
    expect([...executions.values()].filter((times) => times !== 1)).toEqual([]);
    expect(most).toBeLessThanOrEqual(shape.slots);
    for (const agentId of agentOf.values()) {
      const slots = Slots.parse(await table.get(keys.slots(tenant, agentId), { consistent: true }));
      expect(slots).toMatchObject({ freeSlots: shape.slots, assigned: {} });
    }
    console.log(
      `contention: ${shape.tasks} tasks, ${counts.lost} conditional writes lost, at most ${most} of ${shape.slots} slots`,
    );
    expect(counts.lost).toBeGreaterThan(0);
  });
});
