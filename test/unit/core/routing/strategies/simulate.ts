import { Requirements } from '#core/contract/task.ts';
import type { Candidate } from '#core/routing/candidate.ts';
import { rank } from '#core/routing/rank.ts';
import type { RankRequest } from '#core/routing/strategy.ts';
import {
  type AgentSpec,
  createCandidate,
  finish,
  observe,
  requestOf,
  seeded,
  nowMs as startMs,
  take,
} from './fleet.ts';

/** What an agent is like in truth. */
export interface TrueAgent extends AgentSpec {
  readonly workMs: Readonly<Record<string, number>>;
  readonly successRate: number;
  readonly costUsd: number;
}

interface Done {
  readonly type: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly usd: number;
}

/** What an independent computation may know of an agent: plain lists, none of the platform's items. */
export interface PlainAgent {
  readonly spec: TrueAgent;
  readonly live: {
    readonly task: string;
    readonly type: string;
    readonly since: number;
    readonly done: Done;
    readonly until: number;
  }[];
  readonly done: Done[];
}

/** What an independent computation is asked. */
export interface PlainQuestion {
  readonly type: string;
  readonly now: number;
  readonly turn: number;
  /** Those with room, in order of id. */
  readonly agents: readonly PlainAgent[];
  readonly complexity: number;
}

/** The value of each agent with room; the greatest is to be chosen, equals by chance. */
export type Oracle = (question: PlainQuestion) => readonly number[];

export interface Setting {
  readonly agents: readonly TrueAgent[];
  readonly strategy: Parameters<typeof rank>[0];
  readonly oracle: Oracle;
  /** Time between arrivals. */
  readonly everyMs: number;
  readonly task?: Partial<RankRequest['task']>;
  /** Outcomes of each type that were observed of each agent before. */
  readonly warmUp?: number;
}

const taskCount = 500;
const types = ['parse', 'parse', 'write'] as const;

/** The n-th attempt of an agent: its success rate exactly, durations ±20 %, the same in every run. */
const attemptOf = (spec: TrueAgent, type: string, n: number): Done => ({
  type,
  ok: Math.floor((n + 1) * spec.successRate) > Math.floor(n * spec.successRate),
  ms: Math.round((spec.workMs[type] ?? 1000) * (0.8 + 0.4 * ((n * 0.618034) % 1))),
  usd: spec.costUsd,
});

const at = <Thing>(list: readonly Thing[], index: number): Thing => {
  const thing = list[index];
  if (thing === undefined) throw new RangeError(`nothing at ${index}`);
  return thing;
};

const outcomeOf = ({ type, ok, ms, usd }: Done) => ({ type, succeeded: ok, workMs: ms, costUsd: usd });

class World {
  readonly setting: Setting;
  readonly candidates: Candidate[];
  readonly plain: PlainAgent[];
  readonly counts: number[];
  now = startMs;

  constructor(setting: Setting) {
    this.setting = setting;
    this.candidates = setting.agents.map(createCandidate);
    this.plain = setting.agents.map((spec) => ({ spec, live: [], done: [] }));
    this.counts = setting.agents.map(() => 0);
    for (let n = 0; n < (setting.warmUp ?? 0) * 2; n += 1) {
      this.plain.forEach((agent, index) =>
        this.learn(index, attemptOf(agent.spec, n % 2 === 0 ? 'parse' : 'write', n)),
      );
    }
  }

  private learn(index: number, done: Done): void {
    const { agent, slots } = at(this.candidates, index);
    this.candidates[index] = { agent, slots: observe(slots, outcomeOf(done)) };
    this.plain[index]?.done.push(done);
  }

  /** Lets everything end that ends until then, in order. */
  advance(to: number): void {
    const ending = this.plain
      .flatMap((agent, index) => agent.live.filter(({ until }) => until <= to).map((work) => ({ agent, index, work })))
      .toSorted((a, b) => a.work.until - b.work.until);
    for (const { agent, index, work } of ending) {
      const { agent: entry, slots } = at(this.candidates, index);
      this.candidates[index] = { agent: entry, slots: finish(slots, work.task, outcomeOf(work.done)) };
      agent.live.splice(agent.live.indexOf(work), 1);
      agent.done.push(work.done);
    }
    this.now = Math.max(this.now, to);
  }

  /** Indexes of the agents with room; waits for one when there is none. */
  withRoom(): readonly number[] {
    const free = this.candidates.flatMap(({ slots }, index) => (slots.freeSlots > 0 ? [index] : []));
    if (free.length > 0) return free;
    this.advance(Math.min(...this.plain.flatMap(({ live }) => live.map(({ until }) => until))));
    return this.withRoom();
  }

  assign(index: number, task: string, type: string): void {
    const { agent, slots } = at(this.candidates, index);
    const plain = at(this.plain, index);
    const done = attemptOf(plain.spec, type, plain.done.length + plain.live.length);
    this.candidates[index] = { agent, slots: take(slots, task, { type, at: this.now }) };
    plain.live.push({ task, type, since: this.now, done, until: this.now + done.ms });
    this.counts[index] = (this.counts[index] ?? 0) + 1;
  }
}

const complexityOf = (n: number): number => ((n * 37) % 100) / 100;

interface Run {
  readonly counts: readonly number[];
  /** Decisions whose choice was not among the best by the independent computation. */
  readonly wrong: number;
}

const run = (setting: Setting, chooser: 'rank' | 'oracle'): Run => {
  const world = new World(setting);
  const random = seeded(chooser === 'rank' ? 7 : 8);
  let wrong = 0;
  for (let n = 0; n < taskCount; n += 1) {
    world.advance(startMs + n * setting.everyMs);
    const type = types[n % types.length] ?? 'parse';
    const order = (index: number) => world.candidates[index]?.agent.agentId ?? '';
    const room = world.withRoom().toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    const agents = room.map((index) => at(world.plain, index));
    const values = setting.oracle({ type, now: world.now, turn: n, agents, complexity: complexityOf(n) });
    const best = Math.max(...values);
    // Averages are stored to six digits, so what is equal within that is equal.
    const winners = room.filter((_, at) => (values[at] ?? -Infinity) >= best - 1e-4 * Math.max(1, Math.abs(best)));
    const request = requestOf(
      room.map((index) => at(world.candidates, index)),
      {
        task: { type, requirements: Requirements.parse({}), slotCost: 1, complexity: complexityOf(n), ...setting.task },
        nowMs: world.now,
        random,
        turn: n,
      },
    );
    const first = rank(setting.strategy, request).ranked[0]?.candidate.agent.agentId;
    const ranked = room.find((index) => order(index) === first) ?? -1;
    if (!winners.includes(ranked)) wrong += 1;
    world.assign(chooser === 'rank' ? ranked : (winners[Math.floor(random() * winners.length)] ?? -1), `${n}`, type);
  }
  return { counts: world.counts, wrong };
};

/**
 * 500 tasks under a strategy, and 500 under an independent computation of what it promises; each load and each outcome
 * changes what both see.
 */
export const compare = (setting: Setting) => {
  const ranked = run(setting, 'rank');
  const expected = run(setting, 'oracle');
  const apart =
    ranked.counts.reduce((sum, count, index) => sum + Math.abs(count - (expected.counts[index] ?? 0)), 0) / 2;
  return { counts: ranked.counts, expected: expected.counts, wrong: ranked.wrong, shareApart: apart / taskCount };
};

/** A moving average worked out over the whole list: a plain mean first, then the newest weighs `weight`. */
export const movingAverage = (values: readonly number[], weight: number): number | undefined => {
  const [first, ...rest] = values;
  return first === undefined
    ? undefined
    : rest.reduce((mean, value, index) => mean + Math.max(weight, 1 / (index + 2)) * (value - mean), first);
};

/** What the platform could know of an agent at a type of task, worked out from its list of outcomes. */
export const knownOf = (agent: PlainAgent, type: string) => {
  const done = agent.done.filter((one) => one.type === type);
  const good = done.filter(({ ok }) => ok);
  return {
    count: done.length,
    good: good.length,
    rate: movingAverage(
      done.map(({ ok }) => (ok ? 1 : 0)),
      0.05,
    ),
    ms: movingAverage(
      good.map(({ ms }) => ms),
      0.1,
    ),
    usd: movingAverage(
      done.map(({ usd }) => usd),
      0.1,
    ),
  };
};

/** Five agents that differ in everything. */
export const fiveAgents: readonly TrueAgent[] = [
  { name: 'fast', maxConcurrency: 4, weight: 5, workMs: { parse: 1000, write: 3000 }, successRate: 0.9, costUsd: 0.09 },
  {
    name: 'cheap',
    maxConcurrency: 4,
    weight: 1,
    workMs: { parse: 4000, write: 9000 },
    successRate: 0.85,
    costUsd: 0.01,
  },
  {
    name: 'sure',
    maxConcurrency: 4,
    weight: 2,
    workMs: { parse: 2000, write: 5000 },
    successRate: 0.99,
    costUsd: 0.05,
  },
  {
    name: 'sloppy',
    maxConcurrency: 4,
    weight: 1,
    workMs: { parse: 1200, write: 2500 },
    successRate: 0.4,
    costUsd: 0.005,
  },
  {
    name: 'small',
    maxConcurrency: 1,
    weight: 1,
    workMs: { parse: 1500, write: 4000 },
    successRate: 0.95,
    costUsd: 0.03,
  },
];

/** How far two runs may be apart by chance alone: ties fall differently, and each changes what comes after. */
export const chanceShare = 0.06;
