import * as z from 'zod';
import { KeyView } from '../contract/access.ts';
import { Name } from '../contract/ids.ts';
import { Role, Scope } from '../contract/roles.ts';

/** What authentication reads of a stored key. `secretHash` is all that is kept of its secret. */
export const StoredKey = z.looseObject({
  secretHash: z.string(),
  role: Role,
  scopes: z.array(Scope).optional(),
  capabilities: z.array(Name).optional(),
  revokedAt: z.number().optional(),
  endsAt: z.number().optional(),
});
export type StoredKey = z.infer<typeof StoredKey>;

/** A stored key with what people are shown of it. */
export const KeyRecord = StoredKey.extend(KeyView.shape).extend({ requestHash: z.string() });
export type KeyRecord = z.infer<typeof KeyRecord>;

/** Whether a key may be used now. */
export const isKeyLive = ({ revokedAt, endsAt }: Pick<StoredKey, 'revokedAt' | 'endsAt'>, nowMs: number): boolean =>
  revokedAt === undefined && (endsAt ?? Infinity) > nowMs;

/** The principal of a key: what connections and audit lines name it by. */
export const keyPrincipal = (keyId: string): string => `key:${keyId}`;

/** The key of a principal; `undefined` for one that has none. */
export const keyIdOf = (principalId: string): string | undefined => /^key:(.+)$/.exec(principalId)?.[1];

/** A key as people see it: nothing of its secret. */
export const keyView = (record: KeyRecord): KeyView => {
  const { keyId, name, role, scopes, capabilities, createdBy, createdAt, endsAt, revokedAt } = record;
  return KeyView.parse({ keyId, name, role, scopes, capabilities, createdBy, createdAt, endsAt, revokedAt });
};
