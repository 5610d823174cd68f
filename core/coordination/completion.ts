import type { Completion } from '../contract/definitions/step.ts';

/**
 * When a stage is decided. Beside what definitions may say: `ended` when every task has ended, however; `drained` like that,
 * but it has failed if one of them has; `tolerated` n, but it has failed as soon as more than n have; `settled` when every
 * task has ended, or earlier when its mode says that those that are open change nothing any more.
 */
export type StageCompletion = Completion | 'ended' | 'drained' | 'settled' | { readonly tolerated: number };

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

/** Rules by which nothing is decided for good while a task is open. */
const waitsForAll = (rule: StageCompletion): rule is 'ended' | 'drained' | 'settled' | { readonly tolerated: number } =>
  rule === 'ended' || rule === 'drained' || rule === 'settled' || (typeof rule === 'object' && 'tolerated' in rule);

/**
 * Whether a stage is decided: as soon as enough have succeeded, or as enough no longer can. Monotone: more ends never
 * change a decision.
 */
export const decide = (rule: StageCompletion, counts: StageCounts): 'SUCCEEDED' | 'FAILED' | undefined => {
  if (typeof rule === 'object' && 'tolerated' in rule && counts.failed > rule.tolerated) return 'FAILED';
  if (waitsForAll(rule)) {
    if (counts.open > 0) return undefined;
    return rule === 'drained' && counts.failed > 0 ? 'FAILED' : 'SUCCEEDED';
  }
  const target = counts.total === 0 ? 0 : needed(rule, counts.total);
  if (counts.succeeded >= target) return 'SUCCEEDED';
  return counts.total - counts.failed < target ? 'FAILED' : undefined;
};
