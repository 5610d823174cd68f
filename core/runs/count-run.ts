import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { UnavailableError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { plus, set } from '../table/conditions.ts';
import type { Change, Item } from '../table/table.ts';
import { readStages } from './members.ts';
import type { Run } from './run.ts';

/** Above this many the numbers are told in classes: each number of agents is a series of its own. */
const exactUpTo = 10;

const sizeOf = (count: number): string => {
  if (count <= exactUpTo) return String(count);
  return count <= 100 ? '11-100' : '101+';
};

// `ended:<mode>:<agents>:<status>`, `agreed:<participants>` and `agreedMs:<participants>`: modes and statuses have no colon.
const prefixes = { ended: 'ended:', agreed: 'agreed:', agreedMs: 'agreedMs:' } as const;

/** How a workflow's runs came out. */
export interface RunCounts {
  readonly workflow: string;
  readonly ended: readonly {
    readonly mode: string;
    readonly agents: string;
    readonly status: string;
    readonly count: number;
  }[];
  /** Of votes that came to a decision: how many, and how long they took together. */
  readonly agreed: readonly { readonly participants: string; readonly count: number; readonly totalMs: number }[];
}

/** How many tasks agents were given, and how many the last round asked. */
interface Asked {
  readonly agents: number;
  readonly voters: number;
}

const changesFor = (run: Run, { agents, voters }: Asked, nowMs: number): readonly Change[] => {
  const ended = plus(`${prefixes.ended}${run.mode}:${sizeOf(agents)}:${run.status}`, 1, 0);
  if (run.mode !== 'consensus' || run.status !== 'SUCCEEDED') return [ended];
  return [
    ended,
    plus(prefixes.agreed + sizeOf(voters), 1, 0),
    plus(prefixes.agreedMs + sizeOf(voters), Math.max(0, nowMs - run.createdAt), 0),
  ];
};

/**
 * Counts a run that has just ended: one write on an item of its workflow. By whoever ended it, once; a crash in between
 * loses a count, which nobody decides by, and so does a store that cannot be reached. Returns how many tasks agents were
 * given in it.
 */
export const countRun = async (services: Services, run: Run): Promise<number> => {
  const nowMs = services.clock.now();
  try {
    const stages = await readStages(services, run);
    const agents = stages.reduce((sum, { total }) => sum + total, 0);
    const changes = changesFor(run, { agents, voters: stages.at(-1)?.total ?? 0 }, nowMs);
    const expiresAtEpochSeconds = forgottenAfter(nowMs, services.retention.ended);
    await services.table.update({
      key: keys.runCounts(run.tenant, run.workflow),
      set: [...changes, set('expiresAtEpochSeconds', expiresAtEpochSeconds)],
      clauses: {},
    });
    return agents;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    services.log.warn('run not counted', { runId: run.runId });
    return 0;
  }
};

const Counts = z.looseObject({ sk: z.string() });

const numbersUnder = (item: Item, prefix: string): readonly (readonly [name: string, value: number])[] =>
  Object.entries(item).flatMap(([name, value]) =>
    name.startsWith(prefix) && typeof value === 'number' ? [[name.slice(prefix.length), value] as const] : [],
  );

const countsOf = (item: Item): RunCounts => {
  const total = new Map(numbersUnder(item, prefixes.agreedMs));
  return {
    workflow: Counts.parse(item).sk,
    ended: numbersUnder(item, prefixes.ended).map(([name, count]) => {
      const [mode = '', agents = '', status = ''] = name.split(':');
      return { mode, agents, status, count };
    }),
    agreed: numbersUnder(item, prefixes.agreed).map(([participants, count]) => ({
      participants,
      count,
      totalMs: total.get(participants) ?? 0,
    })),
  };
};

/** What is counted of a tenant's runs, up to so many workflows; `isComplete` tells whether there are no more. */
export const readRunCounts = async (
  services: Services,
  tenant: TenantId,
  most: number,
): Promise<{ readonly counts: readonly RunCounts[]; readonly isComplete: boolean }> => {
  const { items, cursor } = await services.table.query({ partition: keys.runCounts(tenant, '').pk, limit: most });
  return { counts: items.map(countsOf), isComplete: cursor === undefined };
};
