import type { SelectionStrategy } from '../strategy.ts';

interface Share {
  readonly weight: number;
  taken: number;
}

/** When a share's next turn is due: its turns lie at ½, 1½, 2½, … divided by its weight. */
const dueAt = ({ weight, taken }: Share): number => (taken + 0.5) / weight;

const firstDue = (shares: readonly Share[]): Share | undefined =>
  shares.reduce<Share | undefined>(
    (first, share) => (first === undefined || dueAt(share) < dueAt(first) ? share : first),
    undefined,
  );

/**
 * Deals out `turn` turns in order of when they are due. No loop over all of them: at time t a share has had
 * t · weight turns give or take a half, so all but the last few follow from one division.
 */
const deal = (weights: readonly number[], turn: number): readonly Share[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const safeTime = Math.max(0, (turn - weights.length / 2) / total);
  const shares = weights.map((weight) => ({ weight, taken: Math.floor(safeTime * weight + 0.5) }));
  const dealt = shares.reduce((sum, { taken }) => sum + taken, 0);
  for (let left = turn - dealt; left > 0; left -= 1) {
    const first = firstDue(shares);
    if (first !== undefined) first.taken += 1;
  }
  return shares;
};

/**
 * Each in turn, as often as its weight says, and as evenly spread: after any number of turns an agent of share p among
 * n has had p of them, give or take ½ + p · n ÷ 2; equal weights are a plain round robin. The cursor is the
 * dispatcher's own, from a random start, so no shared counter is written.
 */
export const weightedRoundRobin: SelectionStrategy = {
  name: 'weighted_round_robin',
  score: ({ candidates, turn }) => {
    const byId = candidates.toSorted((a, b) => (a.agent.agentId < b.agent.agentId ? -1 : 1));
    const shares = deal(
      byId.map(({ agent }) => agent.weight),
      turn,
    );
    return byId
      .map((candidate, index) => ({ candidate, due: dueAt(shares[index] ?? { weight: 1, taken: turn }) }))
      .toSorted((a, b) => a.due - b.due)
      .map(({ candidate, due }, position) => ({
        candidate,
        terms: { due: -due },
        score: position === 0 ? 0 : -position,
      }));
  },
};
