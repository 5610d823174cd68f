import { createHash, timingSafeEqual } from 'node:crypto';
import { TenantId } from '../contract/ids.ts';

/** The parts of `mst_<tenant>_<keyId>_<secret>`. */
export interface ApiKey {
  readonly tenant: TenantId;
  readonly keyId: string;
  readonly secret: string;
}

const shape = /^mst_([a-z0-9-]{1,40})_([A-Za-z0-9-]{1,64})_([A-Za-z0-9]{20,128})$/;

/** The token in an `Authorization` header's value, or `undefined` when there is none. A JWT may have kilobytes. */
export const bearerToken = (header: string | undefined): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(header ?? '')?.[1];

/** The parts of an API key, or `undefined` for what could be none. */
export const parseApiKey = (token: string): ApiKey | undefined => {
  const [, tenantText, keyId, secret] = shape.exec(token) ?? [];
  const tenant = TenantId.safeParse(tenantText);
  return tenant.success && keyId !== undefined && secret !== undefined
    ? { tenant: tenant.data, keyId, secret }
    : undefined;
};

/** What is stored of a key's secret. The secret has ≥ 119 bits of entropy, so a plain hash cannot be guessed back. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares in constant time, whatever the lengths. */
export const sameSecret = (offered: string, expected: string): boolean =>
  timingSafeEqual(createHash('sha256').update(offered).digest(), createHash('sha256').update(expected).digest());
