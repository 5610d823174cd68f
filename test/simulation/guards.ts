import { decisionsOf, type Guards, type WriteUse } from './clause-log.ts';
import { configurations } from './explorer/configurations.ts';
import { Explorer } from './explorer/model.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { playScenario } from './scenarios/scene.ts';
import { type SimulationResult, simulate } from './simulate.ts';

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
  /** The guard that it was written for. */
  readonly isOf?: string;
  readonly uses: ReadonlyMap<string, WriteUse>;
  run(drop: Guards): Promise<string | undefined>;
}

const nameOf = (write: string, clause: string): string => `${write} ${clause}`;

const sceneGrounds = async (): Promise<readonly Ground[]> =>
  Promise.all(
    scenarios.map(async (scenario) => ({
      name: `the scene "${scenario.title}"`,
      isOf: nameOf(scenario.write, scenario.clause),
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
const seedGrounds = (results: readonly SimulationResult[]): readonly Ground[] =>
  results
    .filter(({ violations }) => violations.length === 0)
    .map(({ seed, clauses }) => ({
      name: `seed ${seed}`,
      uses: clauses,
      run: async (drop) => (await simulate({ seed, drop })).violations[0]?.rule,
    }));

/** Seeds tried for one guard before it counts as a survivor. */
const maxTries = 12;

const tryGuards = async (grounds: readonly Ground[], drop: Guards): Promise<Verdict> => {
  const [clause = ''] = drop.clauses;
  const isMade = ({ isOf }: Ground): boolean => isOf === nameOf(drop.write, clause);
  // Where a guard never decided anything alone, its absence changes nothing: the run would be the same.
  const useful = grounds
    .map((ground) => ({ ground, decisions: decisionsOf(ground.uses.get(drop.write), drop.clauses) }))
    .filter(({ decisions }) => decisions > 0)
    .toSorted(
      (left, right) => Number(isMade(right.ground)) - Number(isMade(left.ground)) || right.decisions - left.decisions,
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

interface Guard {
  readonly write: string;
  readonly clause: string;
}

/** Every named clause of every kind of write that any ground met, in order. */
const guardsOf = (grounds: readonly Ground[]): readonly Guard[] => {
  const writes = new Map(grounds.flatMap(({ uses }) => [...uses].map(([write, use]) => [write, use.clauses] as const)));
  return [...writes]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([write, clauses]) => [...clauses].map((clause) => ({ write, clause })));
};

export interface Inquiry {
  /** Simulates the seeds with nothing missing: they show which guards there are beside those of the scenes. */
  readonly simulateAll: () => Promise<readonly SimulationResult[]>;
  /** Which guards are asked about, by write and clause. @default all */
  readonly isAsked?: (name: string) => boolean;
  /** Told of each guard once, with how many are left. */
  readonly tell: (verdict: Verdict, left: number) => void;
}

/**
 * Takes every named clause of every write away in turn. A clause is needed when something breaks without it, or when
 * something breaks without it and those that refused together with it. Scenes take milliseconds, fleets and seeds seconds:
 * those are asked only about what no scene has missed.
 */
export const judgeGuards = async ({
  simulateAll,
  isAsked = () => true,
  tell,
}: Inquiry): Promise<readonly Verdict[]> => {
  const verdicts: Verdict[] = [];
  const scenes = await sceneGrounds();
  const seeds = seedGrounds(await simulateAll());
  const guards = guardsOf([...scenes, ...seeds]).filter(({ write, clause }) => isAsked(nameOf(write, clause)));
  let fleets: readonly Ground[] | undefined;
  for (const { write, clause } of guards) {
    let verdict = await judgeClause(scenes, write, clause);
    if (verdict.caught === undefined) {
      fleets ??= fleetGrounds();
      const others = [...fleets, ...seeds];
      const { chances } = verdict;
      verdict = await judgeClause(others, write, clause);
      verdict = { ...verdict, chances: verdict.chances + chances };
    }
    verdicts.push(verdict);
    tell(verdict, guards.length - verdicts.length);
  }
  return verdicts;
};
