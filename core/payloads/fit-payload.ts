import { sha256Hex } from '../common/hash-id.ts';
import { freshUuid } from '../common/new-id.ts';
import type { TenantId } from '../contract/ids.ts';
import { isDeeperThan, Json, jsonBytes, readJson } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { ClaimCheck, isClaimCheck } from '../contract/payload.ts';
import { InvalidFieldError, NotFoundError, PayloadTooLargeError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { requirePayloadQuota } from '../tenants/payload-quota.ts';

/** A new place for a payload; its first part is the tenant, so that no other tenant's is ever accepted. */
export const newPayloadRef = (services: Services, tenant: string): string => `${tenant}/${freshUuid(services)}`;

/** Whether a claim check names a payload of this tenant. */
const isOwn = (tenant: string, { $payload: { ref } }: ClaimCheck): boolean => ref.startsWith(`${tenant}/`);

/** Its bytes came past the platform, and what they say is none of its words: the parser's own would quote them. */
const parsePayload = (ref: string, text: string): Json => {
  const value = Json.safeParse(readJson(text));
  if (!value.success) throw new InvalidFieldError('$payload.ref', `The payload ${ref} is not JSON.`);
  return value.data;
};

/** Whether a value may stand in an item as it is. */
export const fitsItem = (value: Json, bytes: number): boolean =>
  bytes <= limits.inlinePayloadBytes && !isDeeperThan(value, limits.inlineLevels);

/**
 * A value as it is kept in an item: itself when small, else a claim check for what is now stored. A claim check that a
 * caller made is accepted when it names the caller's own tenant: what was uploaded was within the quota then.
 * @throws PayloadQuotaError above the tenant's quota, InvalidFieldError for another tenant's claim check.
 */
export const fitPayload = async (services: Services, tenant: TenantId, field: string, value: Json): Promise<Json> => {
  if (!isClaimCheck(value)) await requirePayloadQuota(services, tenant, field, jsonBytes(value));
  return storePayload(services, tenant, field, value);
};

/**
 * The same for what the platform puts together from many payloads: as large as one can be at all.
 * @throws PayloadTooLargeError above `limits.payloadBytes`, InvalidFieldError for another tenant's claim check.
 */
export const storePayload = async (services: Services, tenant: string, field: string, value: Json): Promise<Json> => {
  if (isClaimCheck(value)) {
    if (!isOwn(tenant, value)) throw new InvalidFieldError(`${field}.$payload.ref`, 'There is no such payload.');
    const { url: _url, ...rest } = value.$payload;
    return { $payload: rest };
  }
  return fitsItem(value, jsonBytes(value)) ? value : storeApart(services, tenant, field, value);
};

/**
 * Stores a value of any size beside its item, and answers its claim check.
 * @throws PayloadTooLargeError above `limits.payloadBytes`.
 */
export const storeApart = async (services: Services, tenant: string, field: string, value: Json): Promise<Json> => {
  const bytes = jsonBytes(value);
  if (bytes > limits.payloadBytes) throw new PayloadTooLargeError(field, bytes, limits.payloadBytes);
  const text = JSON.stringify(value);
  const ref = newPayloadRef(services, tenant);
  await services.payloads.put(ref, text);
  return { $payload: { ref, bytes, sha256: sha256Hex(text) } };
};

/**
 * The value itself: fetched when there is a claim check in its place.
 * @throws NotFoundError when it expired, or is another tenant's; InvalidFieldError when what was uploaded is not JSON.
 */
export const openPayload = async (services: Services, tenant: string, value: Json): Promise<Json> => {
  if (!isClaimCheck(value)) return value;
  const { ref } = value.$payload;
  if (!isOwn(tenant, value)) throw new NotFoundError('payload', ref);
  return parsePayload(ref, await services.payloads.get(ref));
};

/** A tenant's claim check with an address to read it from; anything else, also another tenant's, as it is. */
export const withReadUrl = async (services: Services, tenant: string, value: Json): Promise<Json> => {
  const check = ClaimCheck.safeParse(value);
  if (!check.success || !isOwn(tenant, check.data)) return value;
  const { ref, bytes, sha256 } = check.data.$payload;
  return { $payload: { ref, bytes, sha256, url: await services.payloads.readUrl(ref) } };
};
