import type { AgentId, ClaimId, TaskId, TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import {
  absent,
  all,
  any,
  atLeast,
  atMost,
  equal,
  notEqual,
  plus,
  present,
  set,
  setDefault,
} from '../table/conditions.ts';
import type { Change, Clauses, Path, Update } from '../table/table.ts';
import type { SlotEntry, Slots } from './agent.ts';
import { breakerChanges, breakerClaim } from './breaker.ts';
import { type Outcome, outcomeChanges } from './history.ts';

/** Costs of the live claims: what the agent carries now. */
export const loadOf = (slots: Slots): number =>
  Object.values(slots.assigned).reduce((sum, entry) => sum + entry.cost, 0);

/** Only a removal lets a slots item end. */
export const isRemoved = (slots: Slots | undefined): boolean => slots?.['expiresAtEpochSeconds'] !== undefined;

/** Slots taken, and slots given back, ever: they are counted in the write that takes or frees them. */
const count = (what: 'taken' | 'given', cost: number): readonly Change[] => (cost === 0 ? [] : [plus(what, cost, 0)]);

interface SlotsRef {
  readonly tenant: TenantId;
  readonly agentId: AgentId;
}

/**
 * Reserves room for one task. Holds I2 inside one item: the guard and the subtraction are one write.
 *
 * ```
 * dispatcher A   reads slots ─┬─ claim t (freeSlots 1 → 0)            ✔
 * dispatcher B   reads slots ─┴────────────────────── claim u         ✘ hasRoom
 * dispatcher C   redelivered message: claim t again                   ✘ notHeldYet → somebody is at work on t: stop
 * agent          reconnects elsewhere ── claim v over the old socket  ✘ sameConnection
 * ```
 */
export const claimSlot = (slots: Slots, taskId: TaskId, entry: SlotEntry): Update => ({
  key: keys.slots(slots.tenant, slots.agentId),
  set: [
    set(['assigned', taskId], entry),
    plus('freeSlots', -entry.cost),
    ...count('taken', entry.cost),
    ...breakerClaim(slots, entry.at).set,
  ],
  clauses: {
    ...breakerClaim(slots, entry.at).clauses,
    notHeldYet: absent(['assigned', taskId]),
    ...(entry.cost > 0 ? { hasRoom: atLeast('freeSlots', entry.cost) } : {}),
    takesWork: all(equal('status', 'active'), absent('paused')),
    sameConnection: equal('connection', slots.connection ?? ''),
  },
});

/** A live claim: what a release must name. */
export interface Claim extends SlotsRef {
  readonly taskId: TaskId;
  readonly claim: ClaimId;
  readonly cost: number;
}

/** An outcome, and the slots as they were read before it: its averages are computed from those. */
export interface Observed {
  readonly outcome: Outcome;
  readonly before: Slots;
  readonly nowMs: number;
}

/** What an outcome teaches: the agent's history at this type of task, and its circuit breaker. */
const learn = ({ outcome, before, nowMs }: Observed) => [
  outcomeChanges(outcome, before),
  breakerChanges(before, outcome.succeeded, nowMs),
];

/**
 * Gives back what one claim took; the only way a slot is freed. A second release of the same claim finds nothing:
 * the entry is gone, or belongs to a later claim of the same task. What was observed rides in the same write.
 */
export const releaseSlot = (held: Claim, observed?: Observed): Update => {
  const learnt = observed === undefined ? [] : learn(observed);
  return {
    key: keys.slots(held.tenant, held.agentId),
    set: [plus('freeSlots', held.cost), ...count('given', held.cost), ...learnt.flatMap((changes) => changes.set)],
    remove: [['assigned', held.taskId], ...learnt.flatMap((changes) => changes.remove)],
    clauses: { sameClaim: equal(['assigned', held.taskId, 'claim'], held.claim) },
  };
};

/** Release and claim in one write: the agent goes from one task to the next without its slot ever being seen free. */
export const releaseAndClaim = (
  held: Claim,
  slots: Slots,
  next: { taskId: TaskId; entry: SlotEntry },
  outcome?: Outcome,
): Update => {
  const release = releaseSlot(
    held,
    outcome === undefined ? undefined : { outcome, before: slots, nowMs: next.entry.at },
  );
  const claim = claimSlot(slots, next.taskId, next.entry);
  const { hasRoom: _hasRoom, ...claimClauses } = claim.clauses;
  const missing = next.entry.cost - held.cost;
  return {
    key: release.key,
    set: [
      plus('freeSlots', held.cost - next.entry.cost),
      // The release's own addition, its first change, is part of the difference above.
      ...release.set.slice(1),
      set(['assigned', next.taskId], next.entry),
      ...count('taken', next.entry.cost),
    ],
    remove: release.remove ?? [],
    clauses: { ...release.clauses, ...claimClauses, hasRoom: atLeast('freeSlots', missing) },
  };
};

/** Notes on a live claim when something happened to it; a second time changes nothing. */
const markClaim = (held: Claim, what: 'revokedAt' | 'redeliveredAt', nowMs: number): Update => ({
  key: keys.slots(held.tenant, held.agentId),
  set: [setDefault(['assigned', held.taskId, what], nowMs)],
  clauses: { stillHeld: equal(['assigned', held.taskId, 'claim'], held.claim) },
});

/** Marks a claim whose task was taken away while the agent lives: the slot stays taken until the agent lets go. */
export const revokeClaim = (held: Claim, nowMs: number): Update => markClaim(held, 'revokedAt', nowMs);

/** Marks a claim as delivered again. */
export const markRedelivered = (held: Claim, nowMs: number): Update => markClaim(held, 'redeliveredAt', nowMs);

/** Proof of life over the current connection. */
export const heartbeatSlots = (
  agent: SlotsRef,
  connectionId: string,
  nowMs: number,
  metrics?: Readonly<Record<string, number>>,
): Update => ({
  key: keys.slots(agent.tenant, agent.agentId),
  set: [set('seenAt', nowMs), ...(metrics === undefined ? [] : [set('metrics', metrics)])],
  clauses: { sameConnection: equal('connection', connectionId) },
});

/** Types that are remembered as declined: an agent that says what it does declines none. */
const mostUnhandled = 10;

/** Notes that an agent, as it was read, has no handler for a type. What it registers anew for forgets it. */
export const noteUnhandled = (slots: Slots, type: string): Update => ({
  key: keys.slots(slots.tenant, slots.agentId),
  set: [set('unhandled', [...(slots.unhandled ?? []).filter((known) => known !== type), type].slice(-mostUnhandled))],
  clauses: { sameProcess: equal('epoch', slots.epoch) },
});

/** What a stop leaves in the slots item. */
const stopFields: readonly Path[] = [['stoppedAt'], ['stoppedBy'], ['stopReason']];

/** What a registration makes of the slots item. */
export interface Attachment extends SlotsRef {
  readonly name: string;
  readonly connection: string;
  readonly seq: number;
  readonly maxConcurrency: number;
  /** The limit that was read. */
  readonly knownMaxConcurrency: number;
  readonly nowMs: number;
}

/** The slots item of an agent that has none yet: without a connection, so that nothing is claimed. Repeatable. */
export const layOutSlots = (
  agent: SlotsRef & { readonly name: string; readonly maxConcurrency: number },
  nowMs: number,
): Update => ({
  key: keys.slots(agent.tenant, agent.agentId),
  set: [
    setDefault('tenant', agent.tenant),
    setDefault('agentId', agent.agentId),
    setDefault('name', agent.name),
    setDefault('status', 'active'),
    setDefault('assigned', {}),
    setDefault('epoch', 0),
    setDefault('maxConcurrency', agent.maxConcurrency),
    setDefault('freeSlots', agent.maxConcurrency),
    setDefault('seenAt', nowMs),
  ],
  clauses: {},
});

/** An agent that was removed begins anew; what was said of the one before does not hold for it. */
export const reviveSlots = (agent: SlotsRef): Update => ({
  key: keys.slots(agent.tenant, agent.agentId),
  set: [set('status', 'active')],
  remove: [['expiresAtEpochSeconds'], ...stopFields],
  clauses: { stillRemoved: present('expiresAtEpochSeconds') },
});

/**
 * Makes a connection the agent's live one; a takeover when there was another. `freeSlots` moves by the difference of
 * the limits, so claims that are live stay counted. Registrations over one socket apply in `seq` order. Whether the agent
 * takes work is not changed: one that is stopped meanwhile stays so.
 */
export const attachConnection = (attachment: Attachment): Update => {
  const key = keys.slots(attachment.tenant, attachment.agentId);
  const known = attachment.knownMaxConcurrency;
  const { sweepKey, sweepSort } = indexKeys.live(key);
  return {
    key,
    set: [
      set('name', attachment.name),
      set('connection', attachment.connection),
      plus('epoch', 1),
      set('maxConcurrency', attachment.maxConcurrency),
      plus('freeSlots', attachment.maxConcurrency - known),
      set('seenAt', attachment.nowMs),
      set('lastSeq', attachment.seq),
      set('sweepKey', sweepKey),
      set('sweepSort', sweepSort),
    ],
    // Another process may have other handlers.
    remove: [['disconnectedAt'], ['expiresAtEpochSeconds'], ['unhandled']],
    clauses: {
      sameLimit: equal('maxConcurrency', known),
      newerFrame: any(absent('connection'), notEqual('connection', attachment.connection), olderSeq(attachment.seq)),
    },
  };
};

const olderSeq = (seq: number) => any(absent('lastSeq'), atMost('lastSeq', seq - 1));

/** The socket is gone. Only the connection that is the agent's own counts: a late one of an older socket changes nothing. */
export const detachConnection = (agent: SlotsRef, connectionId: string, nowMs: number): Update => ({
  key: keys.slots(agent.tenant, agent.agentId),
  set: [set('disconnectedAt', nowMs)],
  remove: [['connection']],
  clauses: { stillItsOwn: equal('connection', connectionId) },
});

/**
 * Takes an agent without connection and without claims, as it was read, out of what the sweep reads. It gets claims over
 * a connection only, and every new connection raises the epoch.
 */
export const retireFromSweep = (slots: Slots): Update => ({
  key: keys.slots(slots.tenant, slots.agentId),
  set: [],
  remove: [['sweepKey'], ['sweepSort']],
  clauses: { sameEpoch: equal('epoch', slots.epoch) },
});

/** An agent as it was read, stopped: it takes nothing and has no connection. */
export const stopSlots = (
  slots: Slots,
  stop: { readonly by: string; readonly reason: string },
  nowMs: number,
): Update => ({
  key: keys.slots(slots.tenant, slots.agentId),
  set: [
    set('status', 'inactive'),
    set('stoppedAt', nowMs),
    set('stoppedBy', stop.by),
    set('stopReason', stop.reason),
    set('disconnectedAt', nowMs),
  ],
  remove: [['connection']],
  clauses: { sameEpoch: equal('epoch', slots.epoch) },
});

/** What an agent or an operator changes of the slots item. */
export interface SlotsChange {
  readonly status?: Slots['status'] | undefined;
  readonly paused?: boolean | undefined;
  readonly maxConcurrency?: number | undefined;
}

/** The present limit, status and pause, as they were read. */
const sameConfiguration = ({ status, paused }: Slots) =>
  all(equal('status', status), paused === true ? equal('paused', true) : absent('paused'));

/** The present stop, or none, as it was read. */
const sameStop = ({ stoppedAt }: Slots) =>
  stoppedAt === undefined ? absent('stoppedAt') : equal('stoppedAt', stoppedAt);

/** What an operator's change is conditional on: all that was seen, or of what lets the agent work again the stop that this undoes. */
const asSeen = (slots: Slots, { status }: SlotsChange, isExact: boolean): Clauses => {
  return {
    ...(isExact ? { sameConfiguration: sameConfiguration(slots) } : {}),
    ...(isExact || status === 'active' ? { sameStop: sameStop(slots) } : {}),
  };
};

/**
 * Changes whether and how much an agent takes. `order` is given when the agent itself asks: frames apply in order.
 * `isExact`: only if nobody has changed the same since it was read. An agent that was removed is not changed any more.
 */
export const changeSlots = (
  slots: Slots,
  change: SlotsChange,
  order?: { connection: string; seq: number },
  isExact = false,
): Update => ({
  key: keys.slots(slots.tenant, slots.agentId),
  set: [
    ...(change.status === undefined ? [] : [set('status', change.status)]),
    ...(change.paused === true ? [set('paused', true)] : []),
    ...(change.maxConcurrency === undefined
      ? []
      : [
          set('maxConcurrency', change.maxConcurrency),
          plus('freeSlots', change.maxConcurrency - slots.maxConcurrency),
        ]),
    ...(order === undefined ? [] : [set('lastSeq', order.seq)]),
  ],
  remove: [
    ...(change.paused === false ? [['paused'] as const] : []),
    // An operator lets a stopped agent work again; the agent itself cannot.
    ...(change.status === 'active' && order === undefined ? stopFields : []),
  ],
  clauses: {
    sameLimit: equal('maxConcurrency', slots.maxConcurrency),
    notRemoved: absent('expiresAtEpochSeconds'),
    ...(order === undefined
      ? asSeen(slots, change, isExact)
      : { sameConnection: equal('connection', order.connection), newerFrame: olderSeq(order.seq) }),
  },
});
