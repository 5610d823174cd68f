import * as z from 'zod';
import { ModeChoice } from './definitions/auto.ts';
import { Json } from './json.ts';

/** A step as a run is expected to have it. */
const ExpectedStepView = z.looseObject({
  step: z.string(),
  stage: z.int(),
  kind: z.string(),
  type: z.string().optional(),
  /** Of a step that is a run. */
  workflow: z.string().optional(),
  dependsOn: z.array(z.string()).optional(),
  tasks: z.int(),
  /** Only the run's input tells how many tasks it has; one is reckoned with. */
  isCountUnknown: z.boolean().optional(),
  /** Agents that could have its tasks, and those of them that are there now; of more than a hundred, of some hundred. */
  agents: z.looseObject({ eligible: z.int(), live: z.int() }).optional(),
  /** How long one task takes, as agents that could have it were observed. */
  expectedSeconds: z.number().optional(),
  /** What they ask for one, or reported for it. */
  priceUsd: z.number().optional(),
});

/** Why nobody would do a step now. */
export const Unserved = z.looseObject({
  step: z.string(),
  /**
   * `no_agent`: none ever registered that could; `not_live`: none of them is there; `no_workflow`: there is none of the name;
   * `runs_itself`: it is one that the step is in; `too_deep`: runs are not nested so deep. The last two fail a run.
   */
  reason: z.enum(['no_agent', 'not_live', 'no_workflow', 'runs_itself', 'too_deep']),
  capabilities: z.array(z.string()).optional(),
  /** Those that are not there, of agents named. */
  agents: z.array(z.string()).optional(),
  workflow: z.string().optional(),
});
export type Unserved = z.infer<typeof Unserved>;

/** What a run is expected to take when nothing fails. Runs inside it are included. */
export const RunEstimateView = z.looseObject({
  tasks: z.int(),
  transitions: z.int(),
  /** When every round, term or iteration that may be needed is. */
  maxTransitions: z.int(),
  /** The platform's part, at list price. */
  platformUsd: z.number(),
  /** What agents ask for. */
  agentsUsd: z.number(),
  totalUsd: z.number(),
  /** Steps, the longest chain of them by duration. */
  criticalPath: z.array(z.string()),
  criticalPathSeconds: z.number(),
  /** With at most `maxParallelAgents` at work, all of them free. */
  expectedSeconds: z.number(),
  /** Steps that nobody was observed at: the seconds are at least this much. */
  unknownDurations: z.array(z.string()),
});
export type RunEstimateView = z.infer<typeof RunEstimateView>;

/** A definition that was checked and not stored, with every default, and what a run of it would take. */
export const DryRun = z.looseObject({
  name: z.string(),
  mode: z.string(),
  /** Of one that leaves its mode to the platform. */
  choice: ModeChoice.optional(),
  /** As it would run. */
  definition: Json,
  steps: z.array(ExpectedStepView),
  /** Steps that would wait. */
  unserved: z.array(Unserved),
  estimate: RunEstimateView,
});
export type DryRun = z.infer<typeof DryRun>;
