import * as z from 'zod';

const Identifier = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a camelCase name of 1 to 40 letters and digits');

/** What a function may take or give. */
export const Value = z.union([z.number(), z.string().max(200), z.boolean(), z.array(z.number()).max(50)]);
export type Value = z.infer<typeof Value>;

export const ValueType = z.enum(['number', 'string', 'boolean', 'number[]']);
export type ValueType = z.infer<typeof ValueType>;

/** One row of the table: arguments and what the function is to give. */
export const Pair = z.strictObject({ input: z.array(Value).min(1).max(4), output: Value });
export type Pair = z.infer<typeof Pair>;

/** A feature as it is asked for. */
export const FeatureRequest = z.strictObject({
  name: Identifier,
  description: z.string().max(2000).optional(),
  /** Names of the parameters. @default a, b, c, d */
  parameters: z.array(Identifier).min(1).max(4).optional(),
  pairs: z.array(Pair).min(6).max(200),
  /** How often the reviewer may have the code written, the first time included. */
  maxRounds: z.int().min(1).max(10).default(4),
});
export type FeatureRequest = z.infer<typeof FeatureRequest>;

/** What the researcher finds out. The coder sees `given`, the reviewer also `review`, the tester also `heldOut`. */
export const Requirements = z.strictObject({
  name: Identifier,
  description: z.string(),
  parameters: z.array(z.strictObject({ name: Identifier, type: ValueType })),
  returns: ValueType,
  given: z.array(Pair),
  review: z.array(Pair),
  heldOut: z.array(Pair),
  notes: z.array(z.string()),
  maxRounds: z.int(),
});
export type Requirements = z.infer<typeof Requirements>;

/** How the coder is to go about it. */
export const Plan = z.strictObject({
  signature: z.string(),
  constants: z.strictObject({ numbers: z.array(z.number()), strings: z.array(z.string()) }),
  maxSize: z.int().min(1),
  maxTerms: z.int().min(1),
  steps: z.array(z.string()),
});
export type Plan = z.infer<typeof Plan>;

/** What the coder hands over; without `code` there is no function of this size for the table. */
export const Implementation = z.strictObject({
  code: z.string().optional(),
  size: z.int().optional(),
  explored: z.int(),
});
export type Implementation = z.infer<typeof Implementation>;

export const CodingInput = z.strictObject({ requirements: Requirements, plan: Plan, counterexamples: z.array(Pair) });

export const ReviewInput = z.strictObject({
  requirements: Requirements,
  plan: Plan,
  implementation: Implementation,
});

/** A review's outcome. `rounds` counts implementations. */
export const Review = z.strictObject({
  isApproved: z.boolean(),
  rounds: z.int(),
  findings: z.array(z.string()),
  counterexamples: z.array(Pair),
  implementation: Implementation,
});
export type Review = z.infer<typeof Review>;

export const TestInput = z.strictObject({ requirements: Requirements, review: Review });

/** The feature as it is delivered. */
export const Feature = z.strictObject({
  name: z.string(),
  verdict: z.enum(['passed', 'failed', 'not_approved', 'unsolved']),
  code: z.string(),
  tests: z.string(),
  passed: z.int(),
  failed: z.int(),
  rounds: z.int(),
  explored: z.int(),
  findings: z.array(z.string()),
});
export type Feature = z.infer<typeof Feature>;
