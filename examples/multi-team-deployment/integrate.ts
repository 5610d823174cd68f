import * as z from 'zod';
import { Action, applyAction, Cluster, ImpossibleActionError, Monitor } from './cluster.ts';
import { RolloutResult } from './roll-out.ts';

/** What the teams hand back to the supervisor. */
export const TeamResults = z.strictObject({
  infra: z.array(Action),
  app: z.array(RolloutResult),
  mon: z.array(Action),
});
export type TeamResults = z.infer<typeof TeamResults>;

/** The deployment as a whole. */
export const DeploymentReport = z.strictObject({
  status: z.enum(['deployed', 'partly_rolled_back', 'refused']),
  services: z.array(RolloutResult.omit({ actions: true })),
  problems: z.array(z.string()),
  /** In the order in which they were done. */
  actions: z.array(Action),
  cluster: Cluster,
  monitors: z.array(Monitor),
});
export type DeploymentReport = z.infer<typeof DeploymentReport>;

/**
 * Puts the teams' actions in order, capacity first, monitors before any traffic moves, and does them one by one. What
 * cannot be done leaves the cluster as it was before that service.
 */
export function integrate(cluster: Cluster, { infra, app, mon }: TeamResults): DeploymentReport {
  const problems: string[] = [];
  const done: Action[] = [];
  let state = cluster;
  const attempt = (what: string, actions: readonly Action[]): boolean => {
    try {
      state = actions.reduce(applyAction, state);
      done.push(...actions);
      return true;
    } catch (error) {
      if (!(error instanceof ImpossibleActionError)) throw error;
      problems.push(`${what}: ${error.message}`);
      return false;
    }
  };
  attempt('capacity', infra);
  attempt('monitoring', mon);
  const services = app.map(({ actions, ...result }): DeploymentReport['services'][number] =>
    attempt(result.service, actions) ? result : { ...result, status: 'rolled_back', reason: problems.at(-1) },
  );
  const isWhole = services.every(({ status }) => status === 'deployed');
  const status = isWhole ? 'deployed' : 'partly_rolled_back';
  return {
    status: problems.length > 0 ? 'refused' : status,
    services,
    problems,
    actions: done,
    cluster: state,
    monitors: state.monitors,
  };
}
