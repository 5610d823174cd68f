import type { Completion } from '../contract/workflow.ts';

/** How far a stage is. `failed` counts every end but success. */
export interface StageCounts {
  readonly total: number;
  readonly open: number;
  readonly succeeded: number;
  readonly failed: number;
}

const needed = (rule: Completion, total: number): number => {
  if (rule === 'all') return total;
  if (rule === 'any') return Math.min(1, total);
  if (rule === 'majority') return Math.floor(total / 2) + 1;
  return rule.threshold;
};

/**
 * Whether a stage is decided: as soon as enough have succeeded, or as enough no longer can. Monotone: more ends never
 * change a decision.
 */
export const decide = (rule: Completion, counts: StageCounts): 'SUCCEEDED' | 'FAILED' | undefined => {
  const target = counts.total === 0 ? 0 : needed(rule, counts.total);
  if (counts.succeeded >= target) return 'SUCCEEDED';
  return counts.total - counts.failed < target ? 'FAILED' : undefined;
};
