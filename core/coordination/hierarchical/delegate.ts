/** A team that work may be given to. */
export interface Team {
  readonly name: string;
  /** The agent that leads it. */
  readonly leader: string;
  readonly specialization: string;
}

/** A part of the work as a supervisor proposes it. Its team, else its specialization, says where it goes. */
export interface Subtask {
  readonly id: string;
  readonly team?: string;
  readonly specialization?: string;
}

/** Why a plan is refused. */
export interface PlanProblem {
  readonly kind:
    | 'empty_plan'
    | 'oversized_plan'
    | 'duplicate_subtask'
    | 'unknown_team'
    | 'no_specialist'
    | 'to_oneself'
    | 'no_team';
  readonly subtask?: string;
  readonly message: string;
}

/** A plan to be delegated. */
export interface DelegationRequest {
  readonly subtasks: readonly Subtask[];
  /** The only teams that exist for this plan. */
  readonly teams: readonly Team[];
  /** The agent that proposes; work is never delegated back to it. */
  readonly supervisor: string;
  readonly maxSubtasks: number;
}

/** Who gets what, by team in the order of the teams; or why the plan is refused as a whole. */
export type Delegation =
  | {
      readonly kind: 'delegated';
      readonly assignments: readonly { readonly team: string; readonly subtasks: readonly string[] }[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly PlanProblem[] };

const planProblems = ({ subtasks, maxSubtasks }: DelegationRequest): readonly PlanProblem[] => {
  const problems: PlanProblem[] = [];
  if (subtasks.length === 0) problems.push({ kind: 'empty_plan', message: 'The plan has no subtasks.' });
  if (subtasks.length > maxSubtasks)
    problems.push({
      kind: 'oversized_plan',
      message: `The plan has ${subtasks.length} subtasks; at most ${maxSubtasks} are taken.`,
    });
  const ids = subtasks.map(({ id }) => id);
  for (const id of new Set(ids.filter((id, position) => ids.indexOf(id) !== position)))
    problems.push({ kind: 'duplicate_subtask', subtask: id, message: `Two subtasks are called "${id}".` });
  return problems;
};

/** The least busy of them, the first among equals. */
const leastBusy = (teams: readonly Team[], busy: ReadonlyMap<string, readonly string[]>): Team | undefined =>
  teams.reduce<Team | undefined>((best, team) => {
    const count = (name: string): number => busy.get(name)?.length ?? 0;
    return best === undefined || count(team.name) < count(best.name) ? team : best;
  }, undefined);

const teamFor = (
  subtask: Subtask,
  { teams, supervisor }: DelegationRequest,
  busy: ReadonlyMap<string, readonly string[]>,
): Team | PlanProblem => {
  const { id, team: proposed, specialization } = subtask;
  const isTheirs = (team: Team): boolean => team.leader !== supervisor;
  if (proposed !== undefined) {
    const team = teams.find(({ name }) => name === proposed);
    if (team === undefined)
      return {
        kind: 'unknown_team',
        subtask: id,
        message: `The subtask "${id}" names the team "${proposed}". There are: ${teams.map(({ name }) => name).join(', ')}.`,
      };
    return isTheirs(team)
      ? team
      : { kind: 'to_oneself', subtask: id, message: `The subtask "${id}" would go back to its supervisor.` };
  }
  const able = teams.filter((team) => specialization === undefined || team.specialization === specialization);
  const team = leastBusy(able.filter(isTheirs), busy);
  if (team !== undefined) return team;
  if (able.length > 0)
    return { kind: 'to_oneself', subtask: id, message: `The subtask "${id}" would go back to its supervisor.` };
  return specialization === undefined
    ? { kind: 'no_team', subtask: id, message: 'There is no team.' }
    : {
        kind: 'no_specialist',
        subtask: id,
        message: `No team is specialised in "${specialization}", as "${id}" needs.`,
      };
};

/**
 * Gives each subtask to the team that it names, else to the least busy of its specialization, else to the least busy of
 * all. A supervisor proposes; only what is on the list of teams is done, and a plan with any fault is refused whole, with
 * every fault named. The same plan is always delegated the same way.
 */
export const delegate = (request: DelegationRequest): Delegation => {
  const problems = [...planProblems(request)];
  const assigned = new Map<string, string[]>(request.teams.map(({ name }) => [name, []]));
  // An oversized plan is not read further: its size may be the attack.
  if (request.subtasks.length > request.maxSubtasks) return { kind: 'refused', problems };
  for (const subtask of request.subtasks) {
    const team = teamFor(subtask, request, assigned);
    if ('kind' in team) problems.push(team);
    else assigned.get(team.name)?.push(subtask.id);
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  return {
    kind: 'delegated',
    assignments: [...assigned]
      .filter(([, subtasks]) => subtasks.length > 0)
      .map(([team, subtasks]) => ({ team, subtasks })),
  };
};
