import { sha256Hex } from '../common/hash-id.ts';
import { freshUuid } from '../common/new-id.ts';
import { Json, jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { ClaimCheck, isClaimCheck } from '../contract/payload.ts';
import { InvalidFieldError, PayloadTooLargeError } from '../errors/errors.ts';
import type { Services } from '../services.ts';

/** A new place for a payload; its first part is the tenant, so that no other tenant's is ever accepted. */
export const newPayloadRef = (services: Services, tenant: string): string => `${tenant}/${freshUuid(services)}`;

/**
 * A value as it is kept in an item: itself when small, else a claim check for what is now stored. A claim check that a
 * caller made is accepted when it names the caller's own tenant.
 * @throws PayloadTooLargeError above `limits.payloadBytes`, InvalidFieldError for another tenant's claim check.
 */
export const fitPayload = async (services: Services, tenant: string, field: string, value: Json): Promise<Json> => {
  if (isClaimCheck(value)) {
    if (!value.$payload.ref.startsWith(`${tenant}/`))
      throw new InvalidFieldError(`${field}.$payload.ref`, 'There is no such payload.');
    const { url: _url, ...rest } = value.$payload;
    return { $payload: rest };
  }
  const bytes = jsonBytes(value);
  if (bytes <= limits.inlinePayloadBytes) return value;
  if (bytes > limits.payloadBytes) throw new PayloadTooLargeError(field, bytes, limits.payloadBytes);
  const text = JSON.stringify(value);
  const ref = newPayloadRef(services, tenant);
  await services.payloads.put(ref, text);
  return { $payload: { ref, bytes, sha256: sha256Hex(text) } };
};

/** The value itself: fetched when there is a claim check in its place. @throws NotFoundError when it expired. */
export const openPayload = async (services: Services, value: Json): Promise<Json> =>
  isClaimCheck(value) ? Json.parse(JSON.parse(await services.payloads.get(value.$payload.ref))) : value;

/** A claim check with an address to read it from; anything else as it is. */
export const withReadUrl = async (services: Services, value: Json): Promise<Json> => {
  const check = ClaimCheck.safeParse(value);
  if (!check.success) return value;
  const { ref, bytes, sha256 } = check.data.$payload;
  return { $payload: { ref, bytes, sha256, url: await services.payloads.readUrl(ref) } };
};
