import * as z from 'zod';

export const Environment = z.enum(['development', 'staging', 'production']);
export type Environment = z.infer<typeof Environment>;

const Requests = z.strictObject({ count: z.int().min(1), errors: z.int().min(0) });
const Samples = z.array(z.number().min(0)).min(1).max(5000);

/** What was measured of the running version and of the one to deploy. */
export const Evidence = z.strictObject({
  vulnerabilities: z.array(
    z.strictObject({ id: z.string(), cvss: z.number().min(0).max(10), isReachable: z.boolean().default(true) }),
  ),
  requests: z.strictObject({ baseline: Requests, candidate: Requests }),
  latencyMs: z.strictObject({ baseline: Samples, candidate: Samples }),
  monthlyUsd: z.strictObject({ baseline: z.number().min(0), candidate: z.number().min(0), budget: z.number().min(0) }),
  availability: z.strictObject({
    target: z.number().min(0).max(1),
    windowMinutes: z.number().positive(),
    downMinutes: z.number().min(0),
  }),
});

/** A deployment to decide on. */
export const Proposal = z.strictObject({
  service: z.string().min(1),
  version: z.string().min(1),
  environment: Environment,
  /** What the change's author thinks of it, 0 to 1. */
  riskScore: z.number().min(0).max(1),
  evidence: Evidence,
});
export type Proposal = z.infer<typeof Proposal>;

/** In order: when nobody can tell, nothing is deployed. */
export const decisions = ['reject', 'approve'] as const;
export const Decision = z.enum(decisions);

/** A vote as the platform takes it. */
export const Vote = z.strictObject({
  decision: Decision,
  confidence: z.number().min(0).max(1),
  reasoning: z.string(),
  evidence: z.array(z.string()),
});
export type Vote = z.infer<typeof Vote>;

/** How it was decided, as the platform tells it. */
export const Ruling = z.looseObject({
  decision: Decision,
  by: z.enum(['quorum', 'tie_break', 'veto', 'person']),
  confidence: z.number(),
  reasoning: z.string(),
  participation: z.number(),
  tally: z.array(z.looseObject({ option: z.string(), votes: z.int(), weight: z.number(), share: z.number() })),
  votes: z.array(
    z.looseObject({ agent: z.string(), decision: Decision, confidence: z.number(), reasoning: z.string() }),
  ),
});
export type Ruling = z.infer<typeof Ruling>;

/** How much each environment puts up with. */
export const limits: Readonly<
  Record<Environment, { cvss: number; riskScore: number; p99Growth: number; costGrowth: number }>
> = {
  development: { cvss: 10, riskScore: 1, p99Growth: 1, costGrowth: 1 },
  staging: { cvss: 8.9, riskScore: 0.9, p99Growth: 0.25, costGrowth: 0.5 },
  production: { cvss: 6.9, riskScore: 0.7, p99Growth: 0.1, costGrowth: 0.2 },
};
