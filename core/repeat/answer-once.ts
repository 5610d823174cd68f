import * as z from 'zod';
import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { Json, jsonBytes } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent } from '../table/conditions.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';

/** What a request was answered with. */
export const StoredReply = z.looseObject({ status: z.int(), body: Json.optional() });
export type StoredReply = z.infer<typeof StoredReply>;

const StoredAnswer = StoredReply.extend({ requestHash: z.string() });

const mostBytes = 300 * 1024;

/** Which request, of whom. `request` is everything that makes it this one and no other. */
export interface Repeatable {
  readonly principal: Principal;
  readonly idempotencyKey: string;
  readonly request: unknown;
}

/**
 * Answers a request as it was answered the first time, for a day. For what can be done twice without harm but would be
 * answered otherwise: the answer is kept after the deed, so a crash between them repeats the deed and not the harm. What
 * makes something new derives its id from the key instead, and needs no record.
 *
 * @throws IdempotencyMismatchError when the key was used for another request.
 */
export const answerOnce = async (
  services: Services,
  { principal, idempotencyKey, request }: Repeatable,
  answer: () => Promise<StoredReply>,
): Promise<StoredReply> => {
  const key = keys.reply(principal.tenant, sha256Hex(canonicalJson([principal.id, idempotencyKey])));
  const requestHash = sha256Hex(canonicalJson(request));
  const known = StoredAnswer.safeParse(await services.table.get(key, { consistent: true }));
  if (known.success) {
    if (known.data.requestHash !== requestHash) throw new IdempotencyMismatchError();
    return known.data;
  }
  const reply = await answer();
  // An item holds 400 KB. What is not kept is done again by a repeat.
  if (jsonBytes(reply) > mostBytes) return reply;
  await services.table.put({
    key,
    item: {
      ...reply,
      requestHash,
      expiresAtEpochSeconds: Math.ceil((services.clock.now() + timings.replyRetentionMs) / 1000),
    },
    clauses: { firstAnswer: absent('pk') },
  });
  return reply;
};
