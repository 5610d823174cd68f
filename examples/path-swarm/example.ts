import { agentFiles, defineExample } from '../shared/example.ts';
import { PathReport, PathRequest } from './graph.ts';
import { renderPath } from './render.ts';
import { pathSwarm, pathSwarmWorkflow } from './workflow.ts';

const way = (from: string, to: string, cost: number) => ({ from, to, cost });

/** Ants look for the cheapest way through a graph. */
export const pathSwarmExample = defineExample({
  name: 'path-swarm',
  summary: 'two agents of ants find a cheap way through a graph that neither of them knows',
  agents: agentFiles(import.meta.url, ['black-ants', 'red-ants', 'surveyor']),
  input: PathRequest,
  output: PathReport,
  workflows: [pathSwarm, pathSwarmWorkflow],
  sample: {
    edges: [
      way('nest', 'oak', 4),
      way('nest', 'stone', 2),
      way('stone', 'brook', 5),
      way('stone', 'fern', 1),
      way('fern', 'oak', 1),
      way('oak', 'fence', 6),
      way('fern', 'brook', 2),
      way('brook', 'fence', 3),
      way('brook', 'sugar', 7),
      way('fence', 'sugar', 2),
    ],
    start: 'nest',
    goal: 'sugar',
  },
  title: ({ start, goal, edges }) => `Looking for a way from ${start} to ${goal} over ${edges.length} ways`,
  prepare: ({ edges, start, goal }) => ({
    environment: { kind: 'graph', edges, start, resources: [{ at: goal }] },
    goal,
  }),
  render: renderPath,
});
