import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { ValueVersion } from '../contract/value.ts';
import type { Services } from '../services.ts';
import { absent, present, set } from '../table/conditions.ts';
import type { Item } from '../table/table.ts';

/** A value's place. */
export interface ValueRef {
  readonly tenant: string;
  readonly scope: string;
  readonly name: string;
}

/**
 * A forgotten version keeps its place for this long: longer than anybody may still be about to write what they found to be
 * the next one then.
 */
const placeKeptMs = 3_600_000;

const isForgotten = ({ expiresAtEpochSeconds }: Item): boolean => expiresAtEpochSeconds !== undefined;

/** A version without its place in the table. */
const versionOf = ({ pk: _pk, sk: _sk, ...version }: Item): ValueVersion => ValueVersion.parse(version);

/** Versions of a value, newest first, up to the first that is forgotten. */
export const readVersions = async (
  services: Services,
  { tenant, scope, name }: ValueRef,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ versions: ValueVersion[]; nextCursor?: string }> => {
  const page = await services.table.query({
    partition: keys.value(tenant, scope, name, 0).pk,
    descending: true,
    limit,
    consistent: true,
    ...(cursor === undefined ? {} : { cursor }),
  });
  const kept = page.items.filter((item) => !isForgotten(item));
  const isEnd = page.cursor === undefined || kept.length < page.items.length;
  return { versions: kept.map(versionOf), ...(isEnd ? {} : { nextCursor: page.cursor }) };
};

/** The newest version, if there is any. */
export const newestVersion = async (services: Services, ref: ValueRef): Promise<ValueVersion | undefined> =>
  (await readVersions(services, ref, { limit: 1 })).versions[0];

/** A version that is kept still. */
export const readVersion = async (
  services: Services,
  { tenant, scope, name }: ValueRef,
  version: number,
): Promise<ValueVersion | undefined> => {
  const item = await services.table.get(keys.value(tenant, scope, name, version), { consistent: true });
  return item === undefined || isForgotten(item) ? undefined : versionOf(item);
};

/**
 * Adds the next version, if nobody else has.
 *
 * ```
 * writer A   reads 4 ─┬─ adds 5                    ✔
 * writer B   reads 4 ─┴─────────── adds 5          ✘ isNext → a conflict of A's and B's value
 * ```
 *
 * The newest are kept, and older ones forgotten: they expire, and until then nobody takes their place.
 *
 * ```
 * writer A   reads 4 ──────────────────────────────── adds 5   ✘ isNext: 5 is forgotten, and still there
 * others               add 5 … 55, which forgets 5
 * forgetting 5, late   5 has expired ── mark           ✘ isThere: nothing comes of it
 * ```
 */
export const addVersion = async (services: Services, ref: ValueRef, version: ValueVersion): Promise<boolean> => {
  const { tenant, scope, name } = ref;
  const written = await services.table.put({
    key: keys.value(tenant, scope, name, version.version),
    item: version,
    clauses: { isNext: absent('version') },
  });
  const oldest = version.version - limits.keptVersions;
  if (written.won && oldest > 0)
    await services.table.update({
      key: keys.value(tenant, scope, name, oldest),
      set: [set('expiresAtEpochSeconds', Math.ceil((services.clock.now() + placeKeptMs) / 1000))],
      clauses: { isThere: present('version') },
    });
  return written.won;
};
