import { codeReview } from './code-review/example.ts';
import { deploymentDecision } from './deployment-decision/example.ts';
import { documentPipeline } from './document-pipeline/example.ts';
import { featureTeam } from './feature-team/example.ts';
import { incidentResponseExample } from './incident-response/example.ts';
import { migration } from './migration/example.ts';
import { multiTeamDeployment } from './multi-team-deployment/example.ts';
import { pathSwarmExample } from './path-swarm/example.ts';
import type { Example } from './shared/example.ts';
import { techDebt } from './tech-debt/example.ts';

/** Every example, in the order of the list. */
export const examples: readonly Example[] = [
  codeReview,
  deploymentDecision,
  documentPipeline,
  featureTeam,
  incidentResponseExample,
  migration,
  multiTeamDeployment,
  pathSwarmExample,
  techDebt,
];
