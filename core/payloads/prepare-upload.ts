import { limits } from '../contract/limits.ts';
import { PayloadTooLargeError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { newPayloadRef } from './fit-payload.ts';

/** Where a client may upload one payload of exactly this size and digest. @throws PayloadTooLargeError. */
export const prepareUpload = async (
  services: Services,
  tenant: string,
  content: { readonly bytes: number; readonly sha256: string },
): Promise<{ ref: string; uploadUrl: string; headers: Record<string, string> }> => {
  if (content.bytes > limits.payloadBytes) throw new PayloadTooLargeError('bytes', content.bytes, limits.payloadBytes);
  const ref = newPayloadRef(services, tenant);
  const { url, headers } = await services.payloads.uploadUrl(ref, content);
  return { ref, uploadUrl: url, headers: { ...headers } };
};
