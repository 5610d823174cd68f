import * as z from 'zod';
import { Name } from '../ids.ts';
import { Json } from '../json.ts';
import { limits } from '../limits.ts';
import { Priority } from '../priority.ts';
import { Strategy } from '../task.ts';
import { commonFields } from './common-fields.ts';
import { StepId, TaskBody } from './step.ts';

const isUnlike = (names: readonly string[]): boolean => new Set(names).size === names.length;
const twice = { message: 'names one twice' };

/** Who works in a team: agents by name, or whoever has a capability, so many of them at once. */
const Workers = z.union([
  z.strictObject({ agents: z.array(Name).min(1).max(limits.workersPerTeam).refine(isUnlike, twice) }),
  z.strictObject({ capability: Name, size: z.int().min(1).max(limits.workersPerTeam) }),
]);

/** A team: the agent that leads it, what it is good at, and who works in it. */
export const TeamDefinition = z.strictObject({
  name: StepId.max(40),
  leader: Name,
  specialization: Name,
  workers: Workers,
});
export type TeamDefinition = z.infer<typeof TeamDefinition>;

/** How work up to a complexity is given to workers. */
const LayerDefinition = z.strictObject({
  name: Name,
  upTo: z.number().min(0).max(1),
  strategy: Strategy.optional(),
  priority: Priority.optional(),
  minConfidence: z.number().min(0).max(1).optional(),
});

/** A rollout whose steps the work must follow, in their order. `units` is one `{{ path }}` that names a list of names. */
const Rollout = z.union([
  z.enum(['blue_green', 'canary']),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('blue_green') }),
    z.strictObject({ kind: z.literal('canary'), percentages: z.array(z.number().min(0).max(100)).max(20).optional() }),
    z.strictObject({
      kind: z.literal('rolling_update'),
      units: z
        .string()
        .max(512)
        .regex(/^\{\{\s*input(\.[A-Za-z0-9_-]+)*\s*\}\}$/, 'must be one "{{ input… }}" that names a list'),
      batchSize: z.int().min(1).max(1000).default(1),
    }),
  ]),
]);

/**
 * A supervisor plans, leaders split, workers work, leaders aggregate, the supervisor integrates. Every task of these roles
 * may name `brief` in its template: what it is asked, and all that it needs to know; without a template that is its input.
 */
export const HierarchicalWorkflow = z.strictObject({
  mode: z.literal('hierarchical'),
  ...commonFields,
  /** Template of what is to be done. */
  task: Json.default('{{ input }}'),
  supervisor: TaskBody,
  /** What each team's leader is asked for; by that agent alone. */
  lead: TaskBody,
  work: TaskBody,
  teams: z
    .array(TeamDefinition)
    .min(1)
    .max(limits.teams)
    .refine((teams) => isUnlike(teams.map(({ name }) => name)), twice),
  layers: z.array(LayerDefinition).max(10).default([]),
  plan: Rollout.optional(),
  policies: z
    .strictObject({
      /** Into how many parts a supervisor may divide. */
      maxSubtasks: z.int().min(1).max(100).default(20),
      /** Into how many pieces of work all leaders together may split. */
      maxItems: z.int().min(1).max(limits.stepsPerWorkflow).default(limits.stepsPerWorkflow),
      /** Whether the supervisor is asked, once, what is to become of work that failed. */
      onFailure: z.enum(['supervisor', 'fail']).default('supervisor'),
    })
    .prefault({}),
});
export type HierarchicalWorkflow = z.infer<typeof HierarchicalWorkflow>;
