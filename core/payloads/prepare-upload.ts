import type { TenantId } from '../contract/ids.ts';
import type { Services } from '../services.ts';
import { requirePayloadQuota } from '../tenants/payload-quota.ts';
import { newPayloadRef } from './fit-payload.ts';

/** Where a client may upload one payload of exactly this size and digest. @throws PayloadQuotaError. */
export const prepareUpload = async (
  services: Services,
  tenant: TenantId,
  content: { readonly bytes: number; readonly sha256: string },
): Promise<{ ref: string; uploadUrl: string; headers: Record<string, string> }> => {
  await requirePayloadQuota(services, tenant, 'bytes', content.bytes);
  const ref = newPayloadRef(services, tenant);
  const { url, headers } = await services.payloads.uploadUrl(ref, content);
  return { ref, uploadUrl: url, headers: { ...headers } };
};
