import { decisionsOf, type Guards, type WriteUse } from './clause-log.ts';
import { configurations } from './explorer/configurations.ts';
import { Explorer } from './explorer/model.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { playScenario } from './scenarios/scene.ts';
import { simulate } from './simulate.ts';

/** What became of a guard that was taken away. */
export interface Verdict extends Guards {
  /** Who noticed, and by which rule; absent for a survivor. */
  readonly caught?: { readonly by: string; readonly rule: string };
  /** How many seeds and configurations there were in which the guard decided something. */
  readonly chances: number;
}

/** One place where a guard may be missed: a scene, a small fleet or a seed, and what it met when nothing was missing. */
interface Ground {
  readonly name: string;
  /** Seconds rather than milliseconds: tried last. */
  readonly isSlow?: boolean;
  readonly uses: ReadonlyMap<string, WriteUse>;
  run(drop: Guards): Promise<string | undefined>;
}

const sceneGrounds = async (): Promise<readonly Ground[]> =>
  Promise.all(
    scenarios.map(async (scenario) => ({
      name: `the scene "${scenario.title}"`,
      uses: (await playScenario(scenario)).clauses.uses,
      run: async (drop) => (await playScenario(scenario, drop)).fault?.split('\n')[0],
    })),
  );

const fleetGrounds = (): readonly Ground[] =>
  configurations.map((configuration) => ({
    name: `the model "${configuration.name}"`,
    uses: new Explorer(configuration).run().clauses,
    run: async (drop) => new Explorer(configuration, { drop }).run().violation?.rule,
  }));

/** A seed that finds something while nothing is missing proves nothing: it is left out. */
const seedGround = async (seed: number): Promise<Ground | undefined> => {
  const { clauses: uses, violations } = await simulate({ seed });
  if (violations.length > 0) return undefined;
  return {
    name: `seed ${seed}`,
    isSlow: true,
    uses,
    run: async (drop) => (await simulate({ seed, drop })).violations[0]?.rule,
  };
};

/** Seeds tried for one guard before it counts as a survivor. */
const maxTries = 12;

const tryGuards = async (grounds: readonly Ground[], drop: Guards): Promise<Verdict> => {
  // Where a guard never decided anything alone, its absence changes nothing: the run would be the same.
  const useful = grounds
    .map((ground) => ({ ground, decisions: decisionsOf(ground.uses.get(drop.write), drop.clauses) }))
    .filter(({ decisions }) => decisions > 0)
    .toSorted(
      (left, right) =>
        Number(left.ground.isSlow === true) - Number(right.ground.isSlow === true) || right.decisions - left.decisions,
    )
    .map(({ ground }) => ground);
  for (const ground of useful.slice(0, maxTries)) {
    const rule = await ground.run(drop);
    if (rule !== undefined) return { ...drop, caught: { by: ground.name, rule }, chances: useful.length };
  }
  return { ...drop, chances: useful.length };
};

/** Sets of clauses that refused a write together, with this one among them: it may only be needed jointly. */
const companies = (grounds: readonly Ground[], write: string, clause: string): readonly (readonly string[])[] => {
  const sets = grounds
    .flatMap(({ uses }) => [...(uses.get(write)?.refusals.keys() ?? [])])
    .filter((failing) => failing.includes('+') && failing.split('+').includes(clause));
  return [...new Set(sets)].map((failing) => failing.split('+')).toSorted((left, right) => left.length - right.length);
};

const judgeClause = async (grounds: readonly Ground[], write: string, clause: string): Promise<Verdict> => {
  const alone = await tryGuards(grounds, { write, clauses: [clause] });
  if (alone.caught !== undefined) return alone;
  for (const clauses of companies(grounds, write, clause)) {
    const together = await tryGuards(grounds, { write, clauses });
    if (together.caught !== undefined)
      return { ...together, clauses: [clause, ...clauses.filter((name) => name !== clause)] };
  }
  return alone;
};

/** Every kind of write with named clauses that any ground met. */
const writesOf = (grounds: readonly Ground[]): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(grounds.flatMap(({ uses }) => [...uses].map(([write, use]) => [write, use.clauses] as const)));

/**
 * Takes every named clause of every write away in turn. A clause is needed when something breaks without it, or when
 * something breaks without it and those that refused together with it.
 */
export const judgeGuards = async (
  seeds: readonly number[],
  tell: (verdict: Verdict) => void,
): Promise<readonly Verdict[]> => {
  const grounds: Ground[] = [...(await sceneGrounds()), ...fleetGrounds()];
  for (const seed of seeds) {
    const ground = await seedGround(seed);
    if (ground !== undefined) grounds.push(ground);
  }
  const verdicts: Verdict[] = [];
  for (const [write, clauses] of [...writesOf(grounds)].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    for (const clause of clauses) {
      const verdict = await judgeClause(grounds, write, clause);
      verdicts.push(verdict);
      tell(verdict);
    }
  }
  return verdicts;
};
