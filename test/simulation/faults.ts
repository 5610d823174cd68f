import type { Chance } from './chance.ts';

/** How bad the weather is in one seed. Probabilities are per opportunity. */
export interface Weather {
  /** A handler dies at a port call: more often where it has seldom been. */
  readonly kill: number;
  /** Handlers die at a few places only, but often: the others let them come to places that they would seldom reach. */
  readonly isAimed: boolean;
  /** A port call fails with UnavailableError, before or after its effect. */
  readonly unavailable: number;
  /** A port call takes seconds. */
  readonly stall: number;
  /** A read that may be stale is. */
  readonly stale: number;
  /** A message is delivered twice. */
  readonly duplicate: number;
  /** A frame is lost on its way, though it was handed over. */
  readonly lost: number;
  /** Environments' clocks are wrong by up to this, either way. */
  readonly skewMs: number;
  /** Mean time between misfortunes of one agent. */
  readonly agentTroubleMs: number;
  /** Mean time between agents and a hostile frame. */
  readonly malice: number;
}

export const calm: Weather = {
  kill: 0,
  isAimed: false,
  unavailable: 0,
  stall: 0,
  stale: 0,
  duplicate: 0,
  lost: 0,
  skewMs: 0,
  agentTroubleMs: Infinity,
  malice: 0,
};

/** From drizzle to hurricane: each seed has its own, so that deep schedules and dense faults both occur. */
export const weatherOf = (chance: Chance): Weather => {
  const force = chance.pick([0.2, 0.5, 1, 2]);
  const sometimes = (value: number): number => (chance.happens(0.75) ? value * force : 0);
  return {
    kill: sometimes(0.004),
    isAimed: chance.happens(0.5),
    unavailable: sometimes(0.004),
    stall: sometimes(0.01),
    stale: Math.min(0.5, sometimes(0.15)),
    duplicate: Math.min(0.3, sometimes(0.08)),
    lost: Math.min(0.2, sometimes(0.03)),
    skewMs: chance.happens(0.4) ? 300_000 : chance.happens(0.3) ? 20_000 : 0,
    agentTroubleMs: chance.pick([30_000, 90_000, 240_000]),
    malice: chance.happens(0.6) ? 1 : 0,
  };
};

/** Counts of everything that happened to happen, by kind. */
export class FaultCounts {
  readonly counts = new Map<string, number>();

  note(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}
