/** What a unit of work is, for those who bill by their own units. */
export interface Shape {
  /** Runs of a workflow. A plain task is one for those who know nothing smaller. */
  readonly runs: number;
  /** Pieces of work that an agent does. */
  readonly tasks: number;
}

/** Another service and how it counts. Its workers' own computing is left out, as are those of our agents. */
export interface Comparison {
  readonly name: string;
  /** Its units in a shape. */
  units(shape: Shape): number;
  readonly usdPerMillion: number;
  readonly counting: string;
  readonly source: string;
}

/** Published prices at the first paid tier, without plan fees, free allowances, support and storage. */
export const comparisons: readonly Comparison[] = [
  {
    name: 'Temporal Cloud',
    units: ({ runs, tasks }) => runs + tasks,
    usdPerMillion: 50,
    counting:
      'an action for the start of a workflow and for each activity; heartbeats, signals and retries count again',
    source: 'docs.temporal.io/cloud/pricing: actions from 50 dollars per million, 2026-07',
  },
  {
    name: 'Inngest',
    units: ({ runs, tasks }) => runs + tasks,
    usdPerMillion: 50,
    counting: 'an execution for each run and for each step',
    source: 'inngest.com/pricing, Pro plan: 0.000050 dollars for each execution above the first million, 2026-05',
  },
  {
    name: 'Trigger.dev',
    units: ({ tasks }) => tasks,
    usdPerMillion: 25,
    counting: 'a run for each task; its machines by the second besides',
    source: 'trigger.dev/pricing: 0.000025 dollars for each run, 2026-09',
  },
  {
    name: 'Hatchet',
    units: ({ tasks }) => tasks,
    usdPerMillion: 10,
    counting: 'a task run for each task',
    source: 'hatchet.run/pricing, Developer plan: 10 dollars per million task runs, 2026-05',
  },
  {
    name: 'Step Functions alone',
    units: ({ runs, tasks }) => runs + tasks,
    usdPerMillion: 25,
    counting:
      'a transition for each task and one more for each run, with nothing that assigns, retries or waits around it',
    source: 'AWS price list, us-east-1: 25 dollars per million transitions, 2026-09',
  },
];
