import { isDeepStrictEqual } from 'node:util';
import { type Key, keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { ValueVersion } from '#core/contract/value.ts';
import { type Change, type Court, taskIn } from './court.ts';

/** What people answered, or that they did not, is what the version that follows says. */
const judgeDecision = (court: Court, tenant: string, { resolution, ...version }: ValueVersion): void => {
  const { outcome, decidedBy, escalationId } = resolution ?? {};
  if (decidedBy === undefined || escalationId === undefined) return;
  const asked = taskIn(court.item(keys.task(tenant, escalationId)));
  const answer = asked?.status === 'SUCCEEDED' ? JSON.stringify(asked.output) : '';
  if ((outcome === 'proposed') !== answer.includes('"decision":"proposed"'))
    court.violate('CR-2 people decide', `${JSON.stringify(version)} is ${String(outcome)} after ${answer}`);
};

/** A version of a value follows the last, never changes, is as was decided, and is forgotten when there are many after it. */
export const judgeValue = (court: Court, key: Key, { by, before, after }: Change): void => {
  const [tenant = ''] = key.pk.split('#');
  const version = ValueVersion.parse(after ?? before);
  const isThere = (distance: number): boolean =>
    court.item(keys.value(tenant, version.scope, version.name, version.version + distance)) !== undefined;
  const where = `${key.pk} ${key.sk} by ${by}`;
  if (after === undefined) return court.violate('a version keeps its place until it expires', where);
  const { expiresAtEpochSeconds, ...kept } = after;
  if (before !== undefined && expiresAtEpochSeconds !== undefined && isDeepStrictEqual(kept, before)) {
    if (!isThere(limits.keptVersions)) court.violate('the newest versions are kept', where);
    return;
  }
  if (before !== undefined) court.violate('a version never changes', where);
  if (version.version > 1 && !isThere(-1)) court.violate('a version follows the last', where);
  judgeDecision(court, tenant, version);
};
