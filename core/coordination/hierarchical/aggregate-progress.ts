/** Work and what it consists of. A leaf says how far it is; what it is worth is its effort. */
export type ProgressNode =
  | {
      readonly id: string;
      readonly effort: number;
      /** 0 to 1. */
      readonly share: number;
      readonly status: 'open' | 'succeeded' | 'failed';
    }
  | { readonly id: string; readonly children: readonly ProgressNode[] };

/** How far a piece of work is, all below it taken together. */
export interface Progress {
  readonly id: string;
  /** 0 to 1, weighed by effort; of work without effort, by count. */
  readonly share: number;
  readonly effort: number;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly children: readonly Progress[];
}

const clamp = (share: number): number => (share > 0 ? Math.min(1, share) : 0);

const sumOf = (children: readonly Progress[], of: (progress: Progress) => number): number =>
  children.reduce((sum, child) => sum + of(child), 0);

/**
 * Adds progress up from workers to leaders to the supervisor. Whatever a leaf reports, one that succeeded is all done, and
 * nothing is done twice or less than not at all.
 */
export const aggregateProgress = (node: ProgressNode): Progress => {
  if (!('children' in node)) {
    const { id, effort, share, status } = node;
    const counts = { total: 1, succeeded: status === 'succeeded' ? 1 : 0, failed: status === 'failed' ? 1 : 0 };
    return {
      id,
      share: status === 'succeeded' ? 1 : clamp(share),
      effort: Math.max(0, effort),
      ...counts,
      children: [],
    };
  }
  const children = node.children.map(aggregateProgress);
  const effort = sumOf(children, (child) => child.effort);
  const total = sumOf(children, (child) => child.total);
  const weighted = effort > 0 ? sumOf(children, (child) => child.share * child.effort) / effort : undefined;
  return {
    id: node.id,
    share: weighted ?? (total === 0 ? 0 : sumOf(children, (child) => child.share * child.total) / total),
    effort,
    total,
    succeeded: sumOf(children, (child) => child.succeeded),
    failed: sumOf(children, (child) => child.failed),
    children,
  };
};
