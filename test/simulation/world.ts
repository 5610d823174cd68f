import { createEnvironmentCache, type EnvironmentCache } from '#core/common/environment-cache.ts';
import { createInMemoryTable, type InMemoryTable } from '#test/support/in-memory-table.ts';
import { type Chance, createChance } from './chance.ts';
import { ClauseLog, type Guards } from './clause-log.ts';
import { calm, FaultCounts, type Weather, weatherOf } from './faults.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

/** An execution environment: its own clock error and its own memory, both lost when it dies. */
export interface Environment {
  skew: number;
  cache: EnvironmentCache;
}

export interface Violation {
  readonly rule: string;
  readonly message: string;
  readonly atMs: number;
  readonly step: number;
}

/** How often a call site was reached and crashed. */
export interface SiteUse {
  calls: number;
  killedBefore: number;
  killedAfter: number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly trace?: boolean;
  readonly drop?: Guards | undefined;
  /** Another weather than the seed's own. */
  readonly weather?: Weather | undefined;
  /** Port calls and a side of each on which a handler dies once as well, calm or not: `tasks/end-task.ts:82 table.update after`. */
  readonly aims?: readonly string[] | undefined;
}

const startMs = Date.UTC(2026, 0, 1);
const environmentCount = 4;

/** What everything in one seed shares: time, chance, weather, the table, and the record of what went wrong. */
export class World {
  readonly seed: number;
  readonly scheduler: Scheduler = createScheduler(startMs);
  /** Decides schedules and faults. */
  readonly chance: Chance;
  /** What handlers get as their randomness. */
  readonly handlerChance: Chance;
  /** Decides what agents and clients do. */
  readonly storyChance: Chance;
  readonly faults = new FaultCounts();
  readonly sites = new Map<string, SiteUse>();
  readonly violations: Violation[] = [];
  readonly clauses: ClauseLog;
  readonly lines: string[] = [];
  readonly environments: Environment[];
  readonly table: InMemoryTable;
  readonly aims: ReadonlySet<string>;
  readonly storm: Weather;
  weather: Weather;
  invocations = 0;
  private readonly isTraced: boolean;

  constructor({ seed, trace = false, drop, weather, aims = [] }: WorldOptions) {
    this.seed = seed;
    this.aims = new Set(aims);
    this.isTraced = trace;
    this.chance = createChance(seed, 1);
    this.handlerChance = createChance(seed, 2);
    this.storyChance = createChance(seed, 3);
    this.clauses = new ClauseLog(drop);
    this.storm = weather ?? weatherOf(this.chance);
    this.weather = this.storm;
    this.environments = Array.from({ length: environmentCount }, () => this.newEnvironment());
    this.table = createInMemoryTable({
      lag: () => {
        if (!this.chance.happens(this.weather.stale)) return 0;
        this.faults.note('stale or lagging read');
        return this.chance.between(1, 40);
      },
    });
  }

  get now(): number {
    return this.scheduler.now();
  }

  /** Seconds since the beginning, for people. */
  get clock(): string {
    return ((this.now - startMs) / 1000).toFixed(3);
  }

  newEnvironment(): Environment {
    const { skewMs } = this.weather;
    if (skewMs > 0) this.faults.note('wrong clock of an environment');
    return {
      skew: skewMs === 0 ? 0 : this.chance.between(-skewMs, skewMs),
      cache: createEnvironmentCache(this.handlerChance.between(0, 1000)),
    };
  }

  /** Faults end: nothing dies, lags or is lost from now on, and clocks agree. */
  calmDown(): void {
    this.weather = calm;
    for (const environment of this.environments) environment.skew = 0;
    this.trace(() => '--- calm');
  }

  trace(line: () => string): void {
    if (this.isTraced) this.lines.push(`${this.clock.padStart(9)} ${line()}`);
  }

  violate(rule: string, message: string): void {
    this.violations.push({ rule, message, atMs: this.now - startMs, step: this.scheduler.steps() });
    this.trace(() => `*** ${rule}: ${message}`);
  }

  site(name: string): SiteUse {
    const known = this.sites.get(name);
    if (known !== undefined) return known;
    const use = { calls: 0, killedBefore: 0, killedAfter: 0 };
    this.sites.set(name, use);
    return use;
  }
}
