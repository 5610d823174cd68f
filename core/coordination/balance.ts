/**
 * Shares weighted items out among bins so that no bin carries much more than the others: the heaviest item first, each to
 * the bin that carries least (longest processing time first). The fullest bin carries at most 4/3 − 1/(3 · bins) of what
 * the best division would; equals go in the order of items and bins.
 *
 * @param initial what each bin carries already
 * @returns per bin the positions of its items, ascending
 */
export const balance = (weights: readonly number[], initial: readonly number[]): readonly (readonly number[])[] => {
  const bins = initial.map((carried) => ({ carried, items: new Array<number>() }));
  const order = weights.map((weight, item) => ({ weight, item })).toSorted((a, b) => b.weight - a.weight);
  for (const { weight, item } of order) {
    const lightest = bins.reduce((best, bin) => (bin.carried < best.carried ? bin : best));
    lightest.items.push(item);
    lightest.carried += weight;
  }
  return bins.map(({ items }) => items.toSorted((a, b) => a - b));
};
