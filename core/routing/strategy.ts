import type { Task } from '../tasks/task.ts';
import type { Candidate } from './candidate.ts';

/** What a strategy may use, all of it given: the same question has the same answer. */
export interface RankRequest {
  readonly task: Pick<Task, 'type' | 'requirements' | 'slotCost' | 'complexity' | 'estimatedDurationMs'> &
    Partial<Pick<Task, 'priority'>>;
  readonly candidates: readonly Candidate[];
  readonly nowMs: number;
  /** A number in [0, 1) for each call; breaks ties. */
  readonly random: () => number;
  /** Counts up with each decision of this dispatcher. */
  readonly turn: number;
}

/** One candidate's score and what it is made of; higher is better. */
export interface Scored {
  readonly candidate: Candidate;
  readonly score: number;
  /** Orders before the score: who meets a strategy's threshold comes before who does not. 0 when absent. */
  readonly tier?: number;
  readonly terms: Readonly<Record<string, number>>;
}

/** A rule for choosing among fit agents. One strategy, one file. */
export interface SelectionStrategy {
  readonly name: string;
  /** A score for each candidate, or `undefined` when the strategy has nothing to say. */
  score(request: RankRequest): readonly Scored[] | undefined;
}
