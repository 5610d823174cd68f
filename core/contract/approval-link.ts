import * as z from 'zod';
import { Name, RunId } from './ids.ts';
import { Json } from './json.ts';

/** Asks for a link by which one person, without a key, answers one approval once. */
export const LinkRequest = z.strictObject({
  /** Who it is for: the answer is this person's. */
  for: Name,
  /** The only answer that it takes. @default the person chooses */
  decision: Name.optional(),
  expiresInSeconds: z
    .int()
    .min(1)
    .max(7 * 24 * 3600)
    .default(24 * 3600),
});
export type LinkRequest = z.infer<typeof LinkRequest>;

/** A link, told to its maker: whoever has it may answer. */
export const ApprovalLink = z.looseObject({ url: z.string(), for: z.string(), expiresAt: z.number() });
export type ApprovalLink = z.infer<typeof ApprovalLink>;

/** What a person answers, with a key or by a link. */
export const ApprovalAnswer = z.strictObject({
  decision: Name,
  comment: z.string().max(4096).optional(),
  /** What the decision rests on: texts, or addresses. Kept with it. */
  evidence: z.array(z.string().min(1).max(1024)).max(20).optional(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

/** What a link asks, or how what it asked has ended. */
export const AskedByLink = z.looseObject({
  /** Who is asked. */
  for: z.string(),
  type: z.string(),
  description: z.string().optional(),
  input: Json,
  runId: RunId.optional(),
  step: z.string().optional(),
  /** `expired`: nobody answered in time, which is no denial. `cancelled`: the work was called off. */
  state: z.enum(['open', 'answered', 'expired', 'cancelled']),
  /** What was answered; of `expired`, what was taken because nobody did. */
  decision: z.string().optional(),
  /** What may be answered by it: nothing once the approval has ended. */
  decisions: z.array(z.string()),
  /** Until when the link is good. */
  endsAt: z.number(),
});
export type AskedByLink = z.infer<typeof AskedByLink>;

/** An answer as it was taken. */
export const TakenAnswer = z.looseObject({
  decision: z.string(),
  comment: z.string().optional(),
  evidence: z.array(z.string()).optional(),
  by: z.string(),
  at: z.number(),
});

/** Routes that need no key: their path's token is the credential. */
export const publicRoutes = [
  'GET /v1/answers/{token}',
  'HEAD /v1/answers/{token}',
  'POST /v1/answers/{token}',
] as const;
