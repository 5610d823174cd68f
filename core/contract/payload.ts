import * as z from 'zod';

/**
 * A claim check: stands where a value larger than `limits.inlinePayloadBytes` would. `ref` names the stored value,
 * `url` (only in what the platform sends) is a presigned address for reading it, good for `limits.payloadUrlSeconds`.
 */
export const ClaimCheck = z.strictObject({
  $payload: z.strictObject({
    ref: z.string().regex(/^[a-z0-9-]{1,40}\/[A-Za-z0-9/_-]{1,200}$/),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    url: z.url().optional(),
  }),
});
export type ClaimCheck = z.infer<typeof ClaimCheck>;

/** Whether a value is a claim check and not the value itself. */
export const isClaimCheck = (value: unknown): value is ClaimCheck => ClaimCheck.safeParse(value).success;
