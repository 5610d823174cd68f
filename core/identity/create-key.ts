import { canonicalJson, hashUuid, sha256Hex } from '../common/hash-id.ts';
import type { CreatedKey, KeyRequest } from '../contract/access.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import type { Services } from '../services.ts';
import { absent } from '../table/conditions.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';
import { hashSecret } from './api-key.ts';
import { type Principal, requireNoMore } from './principal.ts';
import { KeyRecord, keyView } from './stored-key.ts';

const secretOf = (services: Services): string =>
  Buffer.concat([services.random.bytes(), services.random.bytes()]).toString('hex');

/**
 * Makes an API key. Its secret is in this answer and nowhere else: what is stored is a hash. A repeat under one
 * `Idempotency-Key` finds the key that was made and does not show the secret again.
 *
 * @throws ForbiddenError for a key that could do more than its maker; IdempotencyMismatchError.
 */
export const createKey = async (
  services: Services,
  principal: Principal,
  request: KeyRequest,
  idempotencyKey: string,
): Promise<CreatedKey> => {
  const { name, role, scopes, capabilities, expiresInSeconds } = request;
  requireNoMore(principal, { role, scopes });
  const { tenant } = principal;
  const keyId = hashUuid('key', tenant, principal.id, idempotencyKey);
  const nowMs = services.clock.now();
  const endsAt = expiresInSeconds === undefined ? undefined : nowMs + expiresInSeconds * 1000;
  const secret = secretOf(services);
  const record: KeyRecord = {
    keyId,
    name,
    role,
    ...(scopes === undefined ? {} : { scopes }),
    ...(capabilities === undefined ? {} : { capabilities }),
    secretHash: hashSecret(secret),
    requestHash: sha256Hex(canonicalJson(request)),
    createdBy: principal.id,
    createdAt: nowMs,
    ...(endsAt === undefined ? {} : { endsAt }),
  };
  const written = await services.table.put({
    key: keys.apiKey(tenant, keyId),
    item: {
      ...record,
      tenant,
      ...indexKeys.list(tenant, 'KEYS', indexKeys.byTime(nowMs, keyId)),
      ...(endsAt === undefined ? {} : { expiresAtEpochSeconds: forgottenAfter(endsAt, services.retention.ended) }),
    },
    clauses: { isNewKey: absent('pk') },
  });
  if (written.won) return { ...keyView(record), apiKey: `mst_${tenant}_${keyId}_${secret}` };
  const found = KeyRecord.parse(written.item);
  if (found.requestHash !== record.requestHash) throw new IdempotencyMismatchError();
  return keyView(found);
};
