import { isShare, million, toMillionths } from '../millionths.ts';

/** Strength by way, in whole millionths; a way without any is left out. */
export type Pheromones = Readonly<Record<string, number>>;

/** What an ant leaves on a way. */
export interface Deposit {
  readonly edge: string;
  /** 0 to 1. */
  readonly amount: number;
}

/** No way is stronger: with it, evaporating stays exact in whole numbers. */
const mostMillionths = 1000 * million;

/**
 * What is left once some of the old has evaporated and the new has been added. Whole numbers are added up, so the order of
 * deposits never matters; what is no amount is passed over.
 */
export const applyDeposits = (
  pheromones: Pheromones,
  deposits: readonly Deposit[],
  evaporation: number,
): Pheromones => {
  const added = new Map<string, number>();
  for (const { edge, amount } of deposits.filter((deposit) => isShare(deposit.amount)))
    added.set(edge, (added.get(edge) ?? 0) + toMillionths(amount));
  const kept = million - toMillionths(evaporation);
  const strengths = [...new Set([...Object.keys(pheromones), ...added.keys()])]
    .toSorted()
    .map((edge): readonly [string, number] => {
      const left = Math.floor(((pheromones[edge] ?? 0) * kept) / million);
      return [edge, Math.min(mostMillionths, left + (added.get(edge) ?? 0))];
    });
  return Object.fromEntries(strengths.filter(([, strength]) => strength > 0));
};

/** A way's strength as a share of the strongest way's, 0 to 1; 0 for all while there is none. */
export const strengthOf = (pheromones: Pheromones): ((edge: string) => number) => {
  const strongest = Math.max(0, ...Object.values(pheromones));
  return (edge) => (strongest === 0 ? 0 : (pheromones[edge] ?? 0) / strongest);
};
