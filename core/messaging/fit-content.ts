import type { TenantId } from '../contract/ids.ts';
import { type Json, jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import type { OutgoingMessage } from '../contract/messaging.ts';
import { isClaimCheck } from '../contract/payload.ts';
import { fitPayload, storeApart } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { requirePayloadQuota } from '../tenants/payload-quota.ts';

/** So few contents fit one mail whatever they are. */
const alwaysFit = Math.floor(limits.frameContentBytes / limits.inlinePayloadBytes);

/**
 * How many bytes each content of a frame may have to stay in its message. A frame's messages to one agent are one mail, and
 * mail that no WebSocket message carries would be pushed and pulled in vain, and hold up what waits behind it.
 */
export const inlineShare = (messages: readonly Pick<OutgoingMessage, 'content'>[]): number => {
  const fits =
    messages.length <= alwaysFit || jsonBytes(messages.map(({ content }) => content)) <= limits.frameContentBytes;
  return fits ? limits.inlinePayloadBytes : Math.floor(limits.frameContentBytes / messages.length);
};

/**
 * A content as its message keeps it: itself up to its share of the frame, else a claim check.
 * @throws PayloadQuotaError, PayloadTooLargeError, InvalidFieldError for another tenant's claim check.
 */
export const fitContent = async (services: Services, tenant: TenantId, content: Json, share: number): Promise<Json> => {
  if (share >= limits.inlinePayloadBytes || isClaimCheck(content))
    return fitPayload(services, tenant, 'content', content);
  const bytes = jsonBytes(content);
  if (bytes <= share) return fitPayload(services, tenant, 'content', content);
  await requirePayloadQuota(services, tenant, 'content', bytes);
  return storeApart(services, tenant, 'content', content);
};
