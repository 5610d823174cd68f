import type { KeyView } from '../contract/access.ts';
import type { TenantId } from '../contract/ids.ts';
import { indexKeys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { KeyRecord, keyView } from './stored-key.ts';

/** A tenant's keys, newest first, ended and revoked ones among them; the bootstrap key is none of them. */
export const listKeys = async (
  services: Services,
  tenant: TenantId,
  query: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: readonly KeyView[]; nextCursor?: string }> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.listOf(tenant, 'KEYS'),
    index: 'list',
    descending: true,
    ...query,
  });
  const items = page.items.map((item) => keyView(KeyRecord.parse(item)));
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};
