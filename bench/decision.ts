import { createHash } from 'node:crypto';
import * as z from 'zod';
import { registerAgent } from '#core/agents/register-agent.ts';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { AgentRegistration } from '#core/contract/agent.ts';
import { TenantId } from '#core/contract/ids.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { openConnection } from '#core/identity/connection.ts';
import { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import type { Item, Table } from '#core/table/table.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { createTestPorts } from '#test/support/create-test-ports.ts';
import { createInMemoryTable, type InMemoryTable } from '#test/support/in-memory-table.ts';
import { itemBytes } from '#test/support/item-size.ts';

const principal = Principal.parse({ tenant: TenantId.parse('bench'), id: 'key:bench', role: 'admin' });

const Record = z.record(z.string(), z.unknown());

/** DynamoDB bills reads by 4 KB, half for eventually consistent ones. */
const readBytes = 4096;
const units = (bytes: number, consistent: boolean | undefined): number =>
  Math.max(1, Math.ceil(bytes / readBytes)) * (consistent === true ? 1 : 0.5);
const sizeOf = (items: readonly Item[]): number => items.reduce((sum, item) => sum + itemBytes(item), 0);

interface Meter {
  units: number;
  /** Spent in the in-memory table, which stands for the service's own time. */
  tableMs: number;
}

/** Adds up what reads would be billed. */
const metered = (table: Table, meter: Meter): Table => ({
  ...table,
  get: async (key, options) => {
    const item = await table.get(key, options);
    meter.units += units(item === undefined ? 0 : itemBytes(item), options?.consistent);
    return item;
  },
  getMany: async (keys, options) => {
    const items = await table.getMany(keys, options);
    meter.units += items.reduce((sum, item) => sum + units(itemBytes(item), options?.consistent), 0);
    return items;
  },
  query: async (query) => {
    const page = await table.query(query);
    meter.units += units(sizeOf(page.items), query.consistent);
    return page;
  },
});

/** Processor time of this thread: what others do on the machine, and the collector beside it, do not count. */
const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** The in-memory table, whose own time is not the decision's. */
const timedTable = (meter: Meter): InMemoryTable => {
  const startedAt = new WeakMap<object, number>();
  return createInMemoryTable({
    before: (operation) => void startedAt.set(operation, threadMs()),
    after: (operation) => {
      meter.tableMs += threadMs() - (startedAt.get(operation) ?? threadMs());
    },
  });
};

/** A fleet of equal agents: one is registered, the others are its items under other names. */
const fleetOf = (items: readonly Item[], agents: number): readonly Item[] => {
  const agentId = String(items.find(({ sk }) => sk === 'SLOTS')?.['agentId']);
  return Array.from({ length: agents }, (_, index) => {
    const hex = createHash('sha256').update(String(index)).digest('hex');
    const id = `agt_${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    return items.map((item): Item => {
      const text = JSON.stringify(item)
        .replaceAll(agentId, id)
        .replaceAll('agent-0', `agent-${index}`)
        .replaceAll('socket-0', `socket-${index}`);
      const copy = Record.parse(JSON.parse(text));
      return String(copy['pk']).includes('#CAP#') ? { ...copy, sk: hex.slice(0, 16) } : copy;
    });
  }).flat();
};

export interface DecisionFigures {
  readonly agents: number;
  /** Read units of one submit that is assigned at once. */
  readonly readUnits: number;
  readonly cpuMs: number;
}

/** Assigns tasks in a fleet of a size, on the in-memory table: what a decision reads and computes, without any network. */
export const measureDecision = async (agents: number, decisions = 300): Promise<DecisionFigures> => {
  const meter: Meter = { units: 0, tableMs: 0 };
  const { randomness, ...ports } = createTestPorts({ table: timedTable(meter) });
  const services: Services = {
    ...ports,
    random: randomness,
    table: metered(ports.table, meter),
    cache: createEnvironmentCache(0),
  };
  await openConnection(services, 'socket-0', principal);
  const registration = AgentRegistration.parse({ name: 'agent-0', capabilities: ['common'], maxConcurrency: 100 });
  await registerAgent(services, { principal, connectionId: 'socket-0', seq: 1, registration }, async () => undefined);
  ports.table.load(fleetOf(ports.table.items(), agents));
  const submission = TaskSubmission.parse({ type: 'bench', requirements: { capabilities: ['common'] } });
  const submit = (key: string) => submitTask(services, { principal, submission, idempotencyKey: key });
  for (let warm = 0; warm < 100; warm++) await submit(`warm-${warm}`);
  const before = { ...meter };
  const startedAt = threadMs();
  for (let decision = 0; decision < decisions; decision++) await submit(`task-${decision}`);
  const cpuMs = threadMs() - startedAt - (meter.tableMs - before.tableMs);
  return { agents, readUnits: (meter.units - before.units) / decisions, cpuMs: cpuMs / decisions };
};
