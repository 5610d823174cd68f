/** How many map tasks may fail: a number of them, or a percentage of all. */
export type ToleratedFailures = number | { readonly percentage: number };

/** A map task that did not succeed. */
export interface FailedPart {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Whether what succeeded may be reduced. `isPartial` with all that is missing from it. */
export type Toleration =
  | { readonly kind: 'reduce'; readonly isPartial: boolean; readonly missing: readonly FailedPart[] }
  | { readonly kind: 'fail'; readonly missing: readonly FailedPart[]; readonly message: string };

/** How many of `total` may fail; never all of them, as nothing would be left to reduce. */
export const toleratedCount = (tolerated: ToleratedFailures, total: number): number => {
  const most = typeof tolerated === 'number' ? tolerated : (total * tolerated.percentage) / 100;
  return Math.max(0, Math.min(Math.floor(most), total - 1));
};

/** What becomes of a map phase in which these of `total` tasks failed. */
export const handlePartialFailure = (
  failed: readonly FailedPart[],
  total: number,
  tolerated: ToleratedFailures,
): Toleration => {
  const most = toleratedCount(tolerated, total);
  if (failed.length <= most) return { kind: 'reduce', isPartial: failed.length > 0, missing: failed };
  const [first] = failed;
  return {
    kind: 'fail',
    missing: failed,
    message: `${failed.length} of ${total} map tasks failed; at most ${most} may. First "${first?.name}": ${first?.message}`,
  };
};
