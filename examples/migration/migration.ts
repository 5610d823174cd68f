import * as z from 'zod';
import { SourceFile } from '../code-review/analysers/finding.ts';
import { SourceInput } from '../shared/source-input.ts';
import { swarmPartsOf } from '../shared/swarm-parts.ts';

const Identifier = z.string().regex(/^[A-Za-z_$][\w$]{0,79}$/, 'must be a name');

/** An export of a module, or of a package, gets another name. */
const ApiRename = z.strictObject({
  type: z.literal('api_rename'),
  fromTechnology: Identifier,
  toTechnology: Identifier,
  /** A package, or a file of the tree. */
  module: z.string().min(1).max(400),
});
export type ApiRename = z.infer<typeof ApiRename>;

/** React 17 to 18: roots instead of render, hydrate and unmountComponentAtNode. */
const ReactUpgrade = z.strictObject({
  type: z.literal('framework_upgrade'),
  fromTechnology: z.literal('react@17'),
  toTechnology: z.literal('react@18'),
});

export const Target = z.discriminatedUnion('type', [ApiRename, ReactUpgrade]);
export type Target = z.infer<typeof Target>;

/** What to migrate, and to what. */
export const MigrationRequest = z.strictObject({
  ...SourceInput,
  target: Target,
  maxParallelSteps: z.int().min(1).max(3).default(3),
});

/** A module to change; `dependsOn` are steps on modules that it imports. */
export const Step = z.strictObject({
  id: z.string(),
  path: z.string(),
  dependsOn: z.array(z.string()),
  /** How the module spells what it imports the API from. */
  specifiers: z.array(z.string()),
  /** Whether the module itself defines the API. */
  isDefinition: z.boolean(),
});
export type Step = z.infer<typeof Step>;

/** What is to be done, in which order, and how to undo it. */
export const Plan = z.strictObject({
  planId: z.string(),
  steps: z.array(Step),
  /** The steps once more, as the work of one swarm; nothing when there are none. */
  swarms: z.array(z.array(Step)),
  /** Steps that can be done at the same time, a batch after the other. */
  batches: z.array(z.array(z.string())),
  risks: z.array(z.string()),
  /** In reverse order of the steps; the hash is that of the original. */
  rollback: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
  estimatedMinutes: z.int(),
});
export type Plan = z.infer<typeof Plan>;

export const PlanInput = z.strictObject({ files: z.array(SourceFile), target: Target, maxParallelSteps: z.int() });

export const StepInput = z.strictObject({ step: Step, files: z.array(SourceFile), target: Target });

/** What came of a step. That a module cannot be migrated is a finding, not a failure of the agent. */
export const StepResult = z.strictObject({
  step: z.string(),
  path: z.string(),
  before: z.string(),
  after: z.string(),
  edits: z.int(),
  problem: z.string().optional(),
});
export type StepResult = z.infer<typeof StepResult>;

export const CheckInput = z.strictObject({
  files: z.array(SourceFile),
  target: Target,
  /** By swarm. */
  results: z.array(swarmPartsOf(StepResult)),
});
export const Compatibility = z.strictObject({ isCompatible: z.boolean(), problems: z.array(z.string()) });
export type Compatibility = z.infer<typeof Compatibility>;

export const FinishInput = z.strictObject({
  files: z.array(SourceFile),
  plan: Plan,
  results: z.array(swarmPartsOf(StepResult)),
  compatibility: Compatibility,
});

/** The tree as it is left: migrated, or as it was. */
export const MigrationReport = z.strictObject({
  planId: z.string(),
  status: z.enum(['migrated', 'nothing_to_do', 'rolled_back']),
  problems: z.array(z.string()),
  risks: z.array(z.string()),
  batches: z.array(z.array(z.string())),
  changed: z.array(z.string()),
  restored: z.array(z.string()),
  files: z.record(z.string(), z.string()),
});
export type MigrationReport = z.infer<typeof MigrationReport>;
