import { agentFiles, defineExample } from '../shared/example.ts';
import { DeploymentRequest } from './cluster.ts';
import { DeploymentReport } from './integrate.ts';
import { renderDeployment } from './render.ts';
import { multiTeamDeploymentWorkflow } from './workflow.ts';

const agents = [
  'deployment-supervisor',
  'infra-lead',
  'app-lead',
  'mon-lead',
  'infra-worker',
  'app-worker',
  'mon-worker',
];
const replica = (service: string, index: number, node: string) => ({
  id: `${service}-1.0-${index}`,
  service,
  version: '1.0',
  node,
  cpu: 2,
});

/** Three teams bring new versions into a simulated cluster. */
export const multiTeamDeployment = defineExample({
  name: 'multi-team-deployment',
  summary: 'a supervisor and three teams roll services out on a cluster given as input',
  agents: agentFiles(import.meta.url, agents),
  input: DeploymentRequest,
  output: DeploymentReport,
  workflows: [multiTeamDeploymentWorkflow],
  sample: {
    cluster: {
      nodes: [
        { name: 'node-a', cpu: 8 },
        { name: 'node-b', cpu: 8 },
      ],
      replicas: [
        replica('cart', 1, 'node-a'),
        replica('cart', 2, 'node-b'),
        replica('search', 1, 'node-a'),
        replica('search', 2, 'node-b'),
      ],
      traffic: { cart: { '1.0': 100 }, search: { '1.0': 100 } },
      monitors: [],
    },
    capacity: [{ node: 'node-c', addCpu: 8 }],
    releases: [
      { service: 'cart', version: '1.1', strategy: 'BlueGreen' },
      { service: 'search', version: '2.0', strategy: 'Canary', unhealthyFrom: 50 },
    ],
  },
  title: ({ releases }) => `Deploying ${releases.map(({ service, version }) => `${service} ${version}`).join(', ')}`,
  render: renderDeployment,
});
