import { freeCpu } from './cluster.ts';
import type { DeploymentReport } from './integrate.ts';

const outcomes = { deployed: 'Deployed', partly_rolled_back: 'Partly rolled back', refused: 'Refused' } as const;

/** A deployment to read. */
export function renderDeployment({ status, services, problems, actions, cluster, monitors }: DeploymentReport): string {
  return [
    `${outcomes[status]}: ${services.length} services, ${actions.length} actions`,
    ...services.map(
      ({ service, from, to, strategy, status: outcome, reason }) =>
        `  ${service} ${from} → ${to} by ${strategy}: ${outcome === 'deployed' ? 'deployed' : 'rolled back'}${reason === undefined ? '' : ` (${reason})`}`,
    ),
    ...problems.map((problem) => `  problem: ${problem}`),
    'Nodes',
    ...cluster.nodes.map((node) => {
      const on = cluster.replicas.filter((replica) => replica.node === node.name).map(({ id }) => id);
      return `  ${node.name}  ${freeCpu(cluster, node.name)} of ${node.cpu} CPU free  ${on.join(', ')}`;
    }),
    `Monitors: ${monitors.map(({ service, metric, threshold }) => `${service} ${metric} > ${threshold}`).join(', ')}`,
  ].join('\n');
}
