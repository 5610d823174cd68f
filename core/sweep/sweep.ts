import * as z from 'zod';
import { Slots } from '../agents/agent.ts';
import { stepApproval } from '../approvals/step-approval.ts';
import { indexKeys, keys, sweepShards } from '../contract/keys.ts';
import { AppError } from '../errors/app-error.ts';
import { unpin } from '../handoff/hand-off-task.ts';
import { sweepConnection } from '../identity/connection.ts';
import { sweepKey } from '../identity/revoke-key.ts';
import { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { Stage } from '../stages/stage.ts';
import type { Item } from '../table/table.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { measureUsage } from '../tenants/measure-usage.ts';
import { endOverdue, placeDue } from '../timers/handle-timer.ts';
import { dueMinutes, noteSwept } from './due-minutes.ts';
import { rebalance } from './rebalance.ts';
import { sweepAgent } from './sweep-agent.ts';
import { sweepRun, sweepStage } from './sweep-coordination.ts';

/** What a sweep met and mended. */
export interface SweepReport {
  agents: number;
  due: number;
  stages: number;
  runs: number;
  repairs: number;
  /** Assignments moved from agents with more than their share. */
  moved: number;
  failures: number;
  /** Tenants whose agents, runs and queued tasks were counted. */
  tenants: number;
}

const IndexKey = z.looseObject({ pk: z.string(), sk: z.string() });
const pageSize = 100;

const eachOf = async (services: Services, partition: string, visit: (item: Item) => Promise<void>): Promise<void> => {
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition,
      index: 'sweep',
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const keysOfPage = page.items.map((item) => IndexKey.parse(item)).map(({ pk, sk }) => ({ pk, sk }));
    const items = await services.table.getMany(keysOfPage, { consistent: true });
    for (const item of items) await visit(item);
    cursor = page.cursor;
  } while (cursor !== undefined);
};

/**
 * Mends, once a minute, whatever a crash, a lost message or a silent agent left behind. Reads what is live, never
 * history; one broken item never keeps it from the others. Repeatable, also concurrently.
 */
export const sweep = async (services: Services): Promise<SweepReport> => {
  const report: SweepReport = { agents: 0, due: 0, stages: 0, runs: 0, repairs: 0, moved: 0, failures: 0, tenants: 0 };
  const safely =
    (visit: (item: Item) => Promise<number>) =>
    async (item: Item): Promise<void> => {
      try {
        report.repairs += await visit(item);
      } catch (error) {
        report.failures += 1;
        services.log.warn('sweep could not mend an item', {
          pk: item['pk'],
          sk: item['sk'],
          code: error instanceof AppError ? error.code : 'INTERNAL',
          reason: String(error),
        });
      }
    };
  const minutes = await dueMinutes(services);
  for (const minute of minutes) {
    await eachOf(
      services,
      indexKeys.dueMinute(minute * 60_000),
      safely(async (item) => ((report.due += 1), sweepDue(services, item))),
    );
  }
  await noteSwept(services, minutes);
  const fleet: Slots[] = [];
  for (let shard = 0; shard < sweepShards; shard++) {
    await eachOf(
      services,
      indexKeys.liveShard(shard),
      safely(async (item) => {
        const slots = Slots.parse(item);
        report.agents += 1;
        fleet.push(slots);
        return sweepAgent(services, slots);
      }),
    );
  }
  report.moved = await rebalance(services, fleet);
  const runs: Run[] = [];
  for (let shard = 0; shard < sweepShards; shard++) {
    await eachOf(
      services,
      indexKeys.openShard(shard),
      safely(async (item) => {
        if (item['sk'] === 'RUN') {
          const run = Run.parse(item);
          runs.push(run);
          return ((report.runs += 1), sweepRun(services, run, report.runs - 1));
        }
        return ((report.stages += 1), sweepStage(services, Stage.parse(item)));
      }),
    );
  }
  report.tenants = await measureUsage(services, fleet, runs);
  return report;
};

/** What is due: a waiting task's deadline or the end of its backoff, a revoked key, a connection whose credential ended. */
const sweepDue = async (services: Services, item: Item): Promise<number> => {
  if (item['sk'] === keys.apiKey('', '').sk) return sweepKey(services, item);
  if (item['sk'] === keys.connection('').sk) return sweepConnection(services, item);
  const found = readTask(item);
  if (found.kind !== 'task') return 0;
  const { task } = found;
  const nowMs = services.clock.now();
  if (task.status !== 'QUEUED' && task.status !== 'PENDING') return 0;
  if (task.deadlineAt <= nowMs) return endOverdue(services, task).then(() => 1);
  return moveDue(services, task, nowMs);
};

/** A waiting task that is not overdue: somebody's turn to answer, the end of a backoff, a wait for one agent. */
const moveDue = async (services: Services, task: Task, nowMs: number): Promise<number> => {
  if ((task.chain?.nextAt ?? Infinity) <= nowMs) return stepApproval(services, task).then(() => 1);
  if (task.status === 'PENDING') return placeDue(services, task).then(() => 1);
  if ((task.pinnedUntil ?? Infinity) <= nowMs) return unpin(services, task).then(() => 1);
  return 0;
};
