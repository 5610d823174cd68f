import * as z from 'zod';

/** What an ant sees. */
export const View = z.looseObject({
  antId: z.string(),
  at: z.string(),
  trail: z.array(z.string()),
  ways: z.array(
    z.looseObject({
      from: z.string(),
      to: z.string(),
      cost: z.number().positive(),
      strength: z.number().min(0).max(1),
    }),
  ),
  resources: z.array(z.string()),
});
export type View = z.infer<typeof View>;

/** Where an ant goes. */
export interface Move {
  readonly antId: string;
  readonly moves: string[];
}

/** An unmarked way is taken now and then: else nothing better is ever found. */
const curiosity = 0.1;
const pheromoneWeight = 1.5;
const costWeight = 1;
const attraction = 3;

/**
 * An ant's next steps, by chance, as far as it sees: a way is the likelier the stronger it is marked and the less it costs.
 * Food in reach attracts, but the way past it may be the cheaper one; places where the ant has been are left out unless
 * there is no other. It stops at food.
 */
export function chooseWays(view: View, sight: number, random: () => number): Move {
  const { antId, ways, resources } = view;
  const trail = [...view.trail];
  const moves: string[] = [];
  for (let at = view.at; moves.length < sight && !resources.includes(moves.at(-1) ?? ''); ) {
    const next = chooseWay({ at, trail, ways, resources }, random);
    if (next === undefined) break;
    moves.push(next);
    trail.push(next);
    at = next;
  }
  return { antId, moves };
}

function chooseWay(
  { at, trail, ways, resources }: Pick<View, 'at' | 'trail' | 'ways' | 'resources'>,
  random: () => number,
): string | undefined {
  const open = ways.flatMap(({ from, to, cost, strength }) => {
    if (from !== at && to !== at) return [];
    const next = from === at ? to : from;
    return [{ to: next, cost, strength, isFood: resources.includes(next) }];
  });
  const fresh = open.filter(({ to }) => !trail.includes(to));
  return draw(fresh.length > 0 ? fresh : open, random)?.to;
}

function draw<Way extends { readonly cost: number; readonly strength: number; readonly isFood: boolean }>(
  ways: readonly Way[],
  random: () => number,
): Way | undefined {
  const weights = ways.map(
    ({ cost, strength, isFood }) =>
      ((isFood ? attraction : 1) * (curiosity + strength) ** pheromoneWeight) / cost ** costWeight,
  );
  let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, way] of ways.entries()) {
    rest -= weights[index] ?? 0;
    if (rest < 0) return way;
  }
  return ways.at(-1);
}
