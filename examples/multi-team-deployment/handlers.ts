import * as z from 'zod';
import { TaskFailure, type TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { Action, CapacityChange, DeploymentRequest, Monitor } from './cluster.ts';
import { integrate, type TeamResults } from './integrate.ts';
import { DeploymentPlan, planDeployment, Rollout } from './plan-deployment.ts';
import { RolloutResult, rollOut } from './roll-out.ts';

/** What each team is good at. */
export const specializations = { infra: 'cloud-resources', app: 'microservices', mon: 'observability' } as const;
type TeamName = keyof typeof specializations;
const teams: readonly TeamName[] = ['infra', 'app', 'mon'];
const TeamId = z.enum(['infra', 'app', 'mon']);

/** A piece of work, and what became of it. */
const Work = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('infra'), change: CapacityChange }),
  z.strictObject({ kind: z.literal('app'), rollout: Rollout }),
  z.strictObject({ kind: z.literal('mon'), monitor: Monitor }),
]);
type Work = z.infer<typeof Work>;
const Done = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('infra'), action: Action }),
  z.strictObject({ kind: z.literal('app'), result: RolloutResult }),
  z.strictObject({ kind: z.literal('mon'), action: Action }),
]);
type Done = z.infer<typeof Done>;

const SupervisorBrief = z.discriminatedUnion('phase', [
  z.looseObject({ phase: z.literal('plan'), task: DeploymentRequest }),
  z.looseObject({ phase: z.literal('recover') }),
  z.looseObject({
    phase: z.literal('integrate'),
    task: DeploymentRequest,
    reports: z.array(z.looseObject({ team: TeamId, report: z.array(Done) })),
  }),
]);
const LeaderBrief = z.discriminatedUnion('phase', [
  z.looseObject({
    phase: z.literal('split'),
    team: TeamId,
    subtasks: z.array(z.looseObject({ id: z.string(), input: z.array(Work) })),
  }),
  z.looseObject({
    phase: z.literal('aggregate'),
    results: z.array(z.looseObject({ status: z.string(), output: z.unknown() })),
  }),
]);

/** The supervisor: divides the deployment, handles what failed, puts the teams' work together. */
export const supervise: TaskHandler = (task) => {
  const brief = parseInput(SupervisorBrief, task.input);
  switch (brief.phase) {
    case 'plan':
      return { subtasks: subtasksOf(planDeployment(brief.task)) };
    case 'recover':
      // Every piece of work is computed from its input alone: another worker comes to the same.
      return { action: 'reassign', reason: 'another worker of the team can do it' };
    case 'integrate':
      return integrate(brief.task.cluster, resultsOf(brief.reports));
    default:
      return brief satisfies never;
  }
};

function subtasksOf({ infra, app, mon }: DeploymentPlan): unknown[] {
  const work: Readonly<Record<TeamName, Work[]>> = {
    infra: infra.map((change) => ({ kind: 'infra', change })),
    app: app.map((rollout) => ({ kind: 'app', rollout })),
    mon: mon.map((monitor) => ({ kind: 'mon', monitor })),
  };
  return teams
    .filter((team) => work[team].length > 0)
    .map((team) => ({ id: team, specialization: specializations[team], input: work[team] }));
}

function resultsOf(reports: readonly { readonly report: readonly Done[] }[]): TeamResults {
  const done = reports.flatMap(({ report }) => report);
  return {
    infra: done.flatMap((each) => (each.kind === 'infra' ? [each.action] : [])),
    app: done.flatMap((each) => (each.kind === 'app' ? [each.result] : [])),
    mon: done.flatMap((each) => (each.kind === 'mon' ? [each.action] : [])),
  };
}

/** A leader: one item for each piece of work, and what came of them as the team's report. */
export const lead: TaskHandler = (task) => {
  const brief = parseInput(LeaderBrief, task.input);
  if (brief.phase === 'aggregate')
    return brief.results.filter(({ status }) => status === 'SUCCEEDED').map(({ output }) => parseInput(Done, output));
  const items = brief.subtasks.flatMap(({ id, input }) =>
    input.map((work, index) => ({
      id: `${brief.team}-${id}-${index + 1}`,
      subtask: id,
      input: work,
      effort: effortOf(work),
    })),
  );
  return { items };
};

function effortOf(work: Work): number {
  return work.kind === 'app' ? 1 + work.rollout.current.length : 1;
}

/** A worker of one team: does a piece of its work and refuses any other. */
export function workAs(team: TeamName): TaskHandler {
  return (task): Done => {
    const work = parseInput(Work, task.input);
    if (work.kind !== team)
      throw new TaskFailure('WRONG_TEAM', `This is work for ${work.kind}, not ${team}`, { retryable: false });
    switch (work.kind) {
      case 'infra':
        return { kind: 'infra', action: { op: 'grow', node: work.change.node, cpu: work.change.addCpu } };
      case 'app':
        return { kind: 'app', result: rollOut(work.rollout) };
      case 'mon':
        return { kind: 'mon', action: { op: 'monitor', monitor: work.monitor } };
      default:
        return work satisfies never;
    }
  };
}
