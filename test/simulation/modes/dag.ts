import { keys } from '#core/contract/keys.ts';
import { memberTaskId } from '#core/tasks/new-task.ts';
import { type Court, short, taskIn } from '../court.ts';
import type { ModePlot } from './mode.ts';

const code = { capabilities: ['code'] };

/** Each node's dependencies, by position: node n's are before it. */
const graphs = {
  // A diamond with a tail, and a chain beside it.
  graph: [[], [0], [0], [1, 2], [3], [], [5]],
  'graph-fast': [[], [0], [], [1, 2], [3]],
} as const;

/** Nodes that fail more often than not: what depends on them is skipped. */
const brittle: readonly number[] = [1, 5];

const workflowOf = (name: keyof typeof graphs, onFailure: 'skip_dependents' | 'fail_fast') => ({
  mode: 'dag' as const,
  name,
  onFailure,
  maxParallelAgents: 2,
  timeoutSeconds: 7200,
  nodes: graphs[name].map((dependsOn, index) => ({
    id: `n${index}`,
    type: brittle.includes(index) ? 'brittle' : 'node',
    ...(brittle.includes(index) ? { retry: { maxAttempts: 1 } } : {}),
    dependsOn: dependsOn.map((other) => `n${other}`),
    input: dependsOn.map((other) => `{{ steps.n${other}.output }}`),
    requirements: code,
    timeoutSeconds: 7200,
  })),
});

/** A node's task comes to be when everything it depends on has succeeded, or never works. */
const judgeNode = (court: Court, by: string, task: NonNullable<ReturnType<typeof taskIn>>): void => {
  const { place, tenant, status } = task;
  if (place === undefined || !['node', 'brittle'].includes(task.type) || status === 'SKIPPED') return;
  const graph = Object.values(graphs).find((edges) => edges.length === sizeOf(court, task));
  for (const other of graph?.[place.index] ?? []) {
    const dependency = taskIn(court.item(keys.task(tenant, memberTaskId(tenant, place.runId, place.stage, other))));
    if (dependency?.status !== 'SUCCEEDED')
      court.violate(
        'a node begins when what it depends on has succeeded',
        `${short(place.runId)} n${place.index} ${status} after n${other} ${dependency?.status ?? 'absent'}, by ${by}`,
      );
  }
};

const sizeOf = (court: Court, { place, tenant }: NonNullable<ReturnType<typeof taskIn>>): number =>
  place === undefined ? 0 : Number(court.item(keys.stage(tenant, place.runId, place.stage))?.['total']);

export const dag: ModePlot = {
  workflows: [workflowOf('graph', 'skip_dependents'), workflowOf('graph-fast', 'fail_fast')],
  inputOf: () => null,
  judge: (court, key, { by, before, after }) => {
    if (key.sk !== 'TASK' || taskIn(before) !== undefined) return;
    const task = taskIn(after);
    if (task !== undefined) judgeNode(court, by, task);
  },
};
