import * as z from 'zod';
import type { RunId, TenantId } from '../contract/ids.ts';
import { keys, stageIdOf } from '../contract/keys.ts';
import { logMember } from '../event-log/log-member.ts';
import type { Services } from '../services.ts';
import { absent, present, set } from '../table/conditions.ts';
import type { Item } from '../table/table.ts';
import { StoredStatus } from '../tasks/task.ts';

/** A stage as its markers are found. */
export interface StageRef {
  readonly tenant: TenantId;
  readonly runId: RunId;
  readonly position: number;
}

const openPrefix = 'OPEN#';
const failedPrefix = 'FAILED#';
const Marker = z.looseObject({
  sk: z.string(),
  released: z.boolean().optional(),
  isLogged: z.boolean().optional(),
  /** Of one that ended other than well: how. */
  ended: StoredStatus.optional(),
});

const openKey = (stage: StageRef, index: number) =>
  keys.marker(stage.tenant, stageIdOf(stage.runId, stage.position), index);
const failedKey = (stage: StageRef, index: number) => {
  const key = openKey(stage, index);
  return { pk: key.pk, sk: key.sk.replace(openPrefix, failedPrefix) };
};

/** What a stage's partition says: which members are unfinished, and which ended other than well. */
export interface Markers {
  readonly open: readonly { readonly index: number; readonly released: boolean }[];
  readonly failed: readonly number[];
  /** Of those, the ones that nobody else ended: they failed by themselves. */
  readonly own: readonly number[];
  /** Of those, the ones that never began because something before them failed. */
  readonly skipped: readonly number[];
}

/** Opens a member's marker. Repeatable; may reopen a finished one, so whoever calls this must join the finished again. */
export const openMarker = async (
  services: Services,
  stage: StageRef,
  index: number,
  released: boolean,
): Promise<void> => {
  await services.table.put({
    key: openKey(stage, index),
    item: released ? { released } : {},
    clauses: { isNew: absent('pk') },
  });
};

/** Notes that a member which does not exist yet is to be in its run's log: whoever makes it comes by its marker next. */
export const noteLogged = async (services: Services, stage: StageRef, index: number): Promise<void> => {
  await services.table.update({
    key: openKey(stage, index),
    set: [set('isLogged', true)],
    clauses: { isOpen: present('pk') },
  });
};

const logIfNoted = async (services: Services, stage: StageRef, index: number, marker?: Item): Promise<void> => {
  if (Marker.safeParse(marker).data?.isLogged === true) await logMember(services, stage, index);
};

/** Notes a member's end: first that it failed, if so, then that it is no longer open. Repeatable. */
export const closeMarker = async (
  services: Services,
  stage: StageRef,
  index: number,
  status: StoredStatus,
): Promise<void> => {
  if (status !== 'SUCCEEDED')
    await services.table.put({ key: failedKey(stage, index), item: { ended: status }, clauses: {} });
  const removed = await services.table.remove({ key: openKey(stage, index), clauses: {} });
  await logIfNoted(services, stage, index, removed.item);
};

/** Marks a member as let go to work; only one caller wins. */
export const releaseMarker = async (services: Services, stage: StageRef, index: number): Promise<boolean> => {
  const written = await services.table.update({
    key: openKey(stage, index),
    set: [set('released', true)],
    clauses: { isOpen: present('pk'), notYet: absent('released') },
  });
  await logIfNoted(services, stage, index, written.item);
  return written.won;
};

const indexOf = (sk: string): number => Number(sk.slice(sk.indexOf('#') + 1));

/** Reads a stage's partition, strongly. */
export const readMarkers = async (services: Services, stage: StageRef): Promise<Markers> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition: openKey(stage, 0).pk,
      limit: 1000,
      consistent: true,
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  const markers = items.map((item) => Marker.parse(item));
  const failed = markers.filter(({ sk }) => sk.startsWith(failedPrefix));
  return {
    open: markers
      .filter(({ sk }) => sk.startsWith(openPrefix))
      .map(({ sk, released }) => ({ index: indexOf(sk), released: released === true })),
    failed: failed.map(({ sk }) => indexOf(sk)),
    own: failed.filter(({ ended }) => ended !== 'SKIPPED' && ended !== 'CANCELLED').map(({ sk }) => indexOf(sk)),
    skipped: failed.filter(({ ended }) => ended === 'SKIPPED').map(({ sk }) => indexOf(sk)),
  };
};
