import type { Completion } from '../contract/definitions/step.ts';

/**
 * When a stage is decided. Beside what definitions may say: `ended` when every task has ended, however; `tolerated` n like
 * that, but it has failed as soon as more than n have; `settled` when every task has ended, or earlier when its mode says
 * that those that are open change nothing any more.
 */
export type StageCompletion = Completion | 'ended' | 'settled' | { readonly tolerated: number };

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
export const decide = (rule: StageCompletion, counts: StageCounts): 'SUCCEEDED' | 'FAILED' | undefined => {
  if (rule === 'ended' || rule === 'settled') return counts.open === 0 ? 'SUCCEEDED' : undefined;
  if (typeof rule === 'object' && 'tolerated' in rule) {
    if (counts.failed > rule.tolerated) return 'FAILED';
    return counts.open === 0 ? 'SUCCEEDED' : undefined;
  }
  const target = counts.total === 0 ? 0 : needed(rule, counts.total);
  if (counts.succeeded >= target) return 'SUCCEEDED';
  return counts.total - counts.failed < target ? 'FAILED' : undefined;
};
