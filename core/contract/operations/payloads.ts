import * as z from 'zod';
import { NoQuery, type Operations } from '../operation.ts';

/** Routes of payloads. */
export const payloadOperations = {
  'POST /v1/payloads': {
    repeat: 'fresh',
    summary: 'Ask for an address to upload a large payload to',
    description:
      'Upload exactly these bytes with the headers that come back, then send the claim check in their place.',
    input: z.object({
      query: NoQuery,
      // Above the limit is left to the use case, which names it.
      body: z.strictObject({
        bytes: z.int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 of 0-9 a-f'),
      }),
    }),
    reply: {
      status: 201,
      body: z.looseObject({ ref: z.string(), uploadUrl: z.url(), headers: z.record(z.string(), z.string()) }),
    },
    refuses: ['PAYLOAD_TOO_LARGE'],
    example: {
      body: { bytes: 1_000_000, sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    },
  },
} as const satisfies Operations<'payloads'>;
