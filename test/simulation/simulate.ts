import type { Guards, WriteUse } from './clause-log.ts';
import { Endgame } from './endgame.ts';
import type { Weather } from './faults.ts';
import { Platform } from './platform.ts';
import { Tenant } from './story.ts';
import { type SiteUse, type Violation, World } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly trace?: boolean;
  /** Takes named clauses away from every write that has them. */
  readonly drop?: Guards | undefined;
  /** One kind of fault alone, say. @default the seed's own */
  readonly weather?: Weather | undefined;
  /** Port calls at which handlers die as well. */
  readonly aims?: readonly string[] | undefined;
}

export interface SimulationResult {
  readonly seed: number;
  /** Those of its aims that it came to: with these alone it goes the same way. */
  readonly aims: readonly string[];
  readonly steps: number;
  readonly tasks: number;
  readonly runs: number;
  readonly virtualSeconds: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly sites: ReadonlyMap<string, SiteUse>;
  readonly clauses: ReadonlyMap<string, WriteUse>;
  readonly violations: readonly Violation[];
  /** Empty unless traced. */
  readonly lines: readonly string[];
}

/** A run that does not end by then has a livelock. */
const maxSteps = 400_000;
const calmLimitMs = 25 * 60_000;

/** Whether a handler died where it was to. */
const isHit = ({ sites }: World, aim: string): boolean => {
  const { killedBefore = 0, killedAfter = 0 } = sites.get(aim.replace(/ (?:before|after)$/, '')) ?? {};
  return (aim.endsWith(' before') ? killedBefore : killedAfter) > 0;
};

/**
 * One seed: a storm in which everything may fail, then calm, in which everything must come right. The same seed gives
 * the same run, step for step.
 */
export const simulate = async ({
  seed,
  trace = false,
  drop,
  weather,
  aims = [],
}: SimulationOptions): Promise<SimulationResult> => {
  const world = new World({ seed, trace, drop, weather, aims });
  const platform = new Platform(world);
  const { scheduler } = world;
  const startMs = scheduler.now();
  const stormMs = world.storyChance.between(120, 420) * 1000;
  const tenants = ['acme', 'globex'].map((name) => new Tenant(platform, name));
  const isOver = (): boolean => world.violations.length > 0 || scheduler.steps() > maxSteps;
  for (const tenant of tenants) await tenant.prepare();
  platform.startSweeping();
  for (const tenant of tenants) tenant.begin(stormMs);
  await scheduler.run(startMs + stormMs, isOver);
  if (!isOver()) {
    world.calmDown();
    for (const tenant of tenants) tenant.makePeace();
    const endgame = new Endgame(platform, tenants);
    await scheduler.run(scheduler.now() + calmLimitMs, () => isOver() || endgame.isQuiet());
    if (!isOver()) endgame.judge();
  }
  if (scheduler.steps() > maxSteps) world.violate('everything ends', `still busy after ${maxSteps} steps`);
  return {
    seed,
    aims: aims.filter((aim) => isHit(world, aim)),
    steps: scheduler.steps(),
    tasks: platform.monitor.tasks().length,
    runs: platform.monitor.runs().length,
    virtualSeconds: (scheduler.now() - startMs) / 1000,
    faults: world.faults.counts,
    sites: world.sites,
    clauses: world.clauses.uses,
    violations: world.violations,
    lines: world.lines,
  };
};
