/** An agent that may lead. */
export interface LeaderCandidate {
  readonly agentId: string;
  /** The higher leads. */
  readonly priority: number;
  /** Costs of its live tasks. */
  readonly load: number;
}

/** Who leads, since when and how long. A run that has had no leader yet has none. */
export interface Term {
  /** From 1; each election takes the next. */
  readonly number: number;
  readonly leader: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

/** Whom the candidates elect: the highest priority, then who carries least, then the lowest id. Those ruled out never. */
export const elect = (
  candidates: readonly LeaderCandidate[],
  ruledOut: readonly string[] = [],
): LeaderCandidate | undefined =>
  candidates
    .filter(({ agentId }) => !ruledOut.includes(agentId))
    .toSorted((a, b) => b.priority - a.priority || a.load - b.load || (a.agentId < b.agentId ? -1 : 1))[0];

/** Whether a leader still leads. `lost`: it is no longer connected; `expired`: its term is over. */
export const standingOf = (
  term: Term,
  { isConnected, nowMs }: { readonly isConnected: boolean; readonly nowMs: number },
): 'leads' | 'lost' | 'expired' => {
  if (!isConnected) return 'lost';
  return nowMs < term.endsAt ? 'leads' : 'expired';
};

/** The term that an election begins; the number is one above the last, so no two terms share it. */
export const nextTerm = (
  last: Term | undefined,
  { leader, nowMs, termMs }: { readonly leader: string; readonly nowMs: number; readonly termMs: number },
): Term => ({ number: (last?.number ?? 0) + 1, leader, endsAt: nowMs + termMs });

/**
 * Whether a write made in the name of a term is refused: any term but the current one, so a leader that does not know
 * yet that it was replaced changes nothing.
 */
export const isFenced = (writeTerm: number, current: Pick<Term, 'number'> | undefined): boolean =>
  current === undefined || writeTerm !== current.number;
