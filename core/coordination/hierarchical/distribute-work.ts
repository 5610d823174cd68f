import { balance } from '../balance.ts';

/** An agent of a team, and the work that it carries. */
export interface Worker {
  readonly agentId: string;
  readonly load: number;
}

/** A part of a team's work; `effort` in any unit, the same as load. */
export interface WorkItem {
  readonly id: string;
  readonly effort: number;
}

/** What a worker gets; nothing for some when there is less work than workers. */
export interface Share {
  readonly agentId: string;
  readonly items: readonly string[];
}

/** Shares a team's work out so that nobody carries much more than the others. Every item goes to exactly one worker. */
export const distributeWork = (items: readonly WorkItem[], workers: readonly Worker[]): readonly Share[] => {
  if (workers.length === 0) return [];
  const shares = balance(
    items.map(({ effort }) => effort),
    workers.map(({ load }) => load),
  );
  return workers.map(({ agentId }, position) => ({
    agentId,
    items: (shares[position] ?? []).flatMap((item) => items[item]?.id ?? []),
  }));
};
