import { agentFiles, defineExample } from '../shared/example.ts';
import { IncidentRequest, PostMortem } from './incident.ts';
import { renderPostMortem } from './render.ts';
import { incidentResponse, incidentSwarm } from './workflow.ts';

const service = `export function totalOf(cart) {
  let sum = 0;
  for (const line of cart.lines) sum += line.price * line.count;
  return sum;
}
`;

/** From an alert to a post-mortem, with a hotfix that a person deploys. */
export const incidentResponseExample = defineExample({
  name: 'incident-response',
  summary: 'assesses an incident, repairs the service, lets a person deploy it, and watches',
  agents: agentFiles(import.meta.url, ['responder', 'codegen', 'tester', 'security-auditor', 'monitor']),
  input: IncidentRequest,
  output: PostMortem,
  workflows: [incidentSwarm, incidentResponse],
  sample: {
    incident: {
      title: 'Checkout fails',
      description: 'A third of all checkouts fails since the last release.',
      symptoms: ['error page after "Pay"'],
      affectedSystems: ['checkout'],
      errors: ['TypeError: cart.lines is not iterable'],
      errorRate: 0.33,
    },
    service: {
      files: { 'src/cart.js': service },
      entry: 'src/cart.js',
      recorded: [
        { name: 'totalOf', arguments: [{ lines: [] }], expected: 0 },
        { name: 'totalOf', arguments: [{ lines: [{ price: 5, count: 2 }] }], expected: 10 },
      ],
      failing: [{ name: 'totalOf', arguments: [{}], expected: 0 }],
      afterwards: [{ name: 'totalOf', arguments: [{ lines: null }], expected: 0 }],
    },
  },
  title: ({ incident }) => `Responding to: ${incident.title}`,
  render: renderPostMortem,
});
