import * as z from 'zod';
import { Name } from './ids.ts';

/** Asks for a link by which one person, without a key, answers one approval once. */
export const LinkRequest = z.strictObject({
  /** Who it is for: the answer is this person's. */
  for: Name,
  /** The only answer that it takes. @default the person chooses */
  decision: Name.optional(),
  expiresInSeconds: z
    .int()
    .min(60)
    .max(7 * 24 * 3600)
    .default(24 * 3600),
});
export type LinkRequest = z.infer<typeof LinkRequest>;

/** A link, told once: whoever has it may answer. */
export const ApprovalLink = z.looseObject({ url: z.string(), for: z.string(), expiresAt: z.number() });
export type ApprovalLink = z.infer<typeof ApprovalLink>;

/** Routes that need no key: their path's token is the credential. */
export const publicRoutes = ['GET /v1/answers/{token}', 'POST /v1/answers/{token}'] as const;
