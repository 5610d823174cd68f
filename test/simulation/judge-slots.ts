import type { SlotEntry, Slots } from '#core/agents/agent.ts';
import { keys } from '#core/contract/keys.ts';
import { type Change, type Court, short, slotsIn, taskIn } from './court.ts';

const entriesOf = (slots: Slots | undefined): ReadonlyMap<string, SlotEntry> =>
  new Map(Object.entries(slots?.assigned ?? {}));

const judgeClaim = (court: Court, by: string, old: Slots | undefined, now: Slots): void => {
  if (old === undefined || old.status !== 'active' || old.paused === true || old.connection === undefined)
    court.violate(
      'claims only on agents that take work',
      `${now.name} ${old?.status} ${old?.connection ?? 'offline'}, by ${by}`,
    );
};

/** A half-open breaker lets one through: its claim shuts the door again. */
const judgeBreaker = (court: Court, by: string, old: Slots | undefined, now: Slots): void => {
  if (old?.breakerUntil !== undefined && old.breakerUntil === now.breakerUntil)
    court.violate('one probe passes a breaker', `${now.name} by ${by}`);
};

/** What the sweep must see is where it looks. */
const judgeIndex = (court: Court, by: string, now: Slots): void => {
  const isLive = now.connection !== undefined || entriesOf(now).size > 0;
  if (isLive && now['sweepKey'] === undefined) court.violate('the sweep sees every live agent', `${now.name} by ${by}`);
};

const judgeNewClaims = (court: Court, by: string, old: Slots | undefined, now: Slots): void => {
  const known = entriesOf(old);
  for (const [taskId, entry] of entriesOf(now)) {
    const before = known.get(taskId);
    if (before !== undefined && before.claim !== entry.claim)
      court.violate('I1 a claim is never overwritten', `${now.name} ${taskId} by ${by}`);
    if (before !== undefined) continue;
    if (court.stopped?.has(now.tenant) === true)
      court.violate('nothing is assigned after an emergency stop', `${now.name} ${taskId} by ${by}`);
    judgeClaim(court, by, old, now);
    judgeBreaker(court, by, old, now);
    if (entry.cost > 0 && now.freeSlots < 0)
      court.violate('I2 claims within the limit', `${now.name} has ${now.freeSlots} free, by ${by}`);
  }
};

const judgeGoneClaims = (court: Court, by: string, old: Slots | undefined, now: Slots): void => {
  const left = entriesOf(now);
  for (const [taskId, entry] of entriesOf(old)) {
    if (left.has(taskId)) continue;
    const task = taskIn(court.item(keys.task(now.tenant, taskId)));
    if (task?.status === 'ASSIGNED' && task.claim === entry.claim)
      court.violate('I1 assigned means a slot', `${now.name} lost the slot of ${taskId}, by ${by}`);
  }
};

const judgeWorkload = (court: Court, by: string, now: Slots, load: number): void => {
  const { taken = 0, given = 0 } = now;
  if (taken - given !== load)
    court.violate('ST-1 the workload counter is what is carried', `${now.name}: ${taken} − ${given}, by ${by}`);
};

const show = (slots: Slots): string => {
  const claims = [...entriesOf(slots)].map(
    ([id, { attempt, revokedAt }]) => `${short(id)}#${attempt}${revokedAt === undefined ? '' : ' revoked'}`,
  );
  return `${slots.name} free ${slots.freeSlots}/${slots.maxConcurrency} [${claims.join(', ')}] ${slots.connection ?? 'offline'} ${slots.status}`;
};

/** Judges a write of an agent's slots: I1, I2, S5. */
export const judgeSlots = (court: Court, { by, before, after }: Change): void => {
  if (after === undefined) return;
  const now = slotsIn(after);
  const old = before === undefined ? undefined : slotsIn(before);
  court.trace(() => `${by} slots ${show(now)}`);
  const load = [...entriesOf(now).values()].reduce((sum, entry) => sum + entry.cost, 0);
  if (now.freeSlots !== now.maxConcurrency - load)
    court.violate(
      'I2 free slots add up',
      `${now.name}: ${now.freeSlots} free of ${now.maxConcurrency} with load ${load}, by ${by}`,
    );
  judgeWorkload(court, by, now, load);
  judgeIndex(court, by, now);
  if (old?.connection === now.connection && (now.lastSeq ?? 0) < (old?.lastSeq ?? 0))
    court.violate('frames of a socket apply in order', `${now.name} ${old?.lastSeq} → ${now.lastSeq}, by ${by}`);
  judgeNewClaims(court, by, old, now);
  judgeGoneClaims(court, by, old, now);
};
