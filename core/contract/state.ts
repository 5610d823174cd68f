import * as z from 'zod';
import { isDeeperThan, Json, jsonBytes } from './json.ts';
import { limits } from './limits.ts';
import { Role } from './roles.ts';

/** What is shared is shared within a scope: a run, a team, whatever its users agree on. */
export const StateScope = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/,
    'must be 1 to 64 of A-Z a-z 0-9 _ . : - and begin with a letter or digit',
  );
export type StateScope = z.infer<typeof StateScope>;

/** Scopes that begin so are the platform's own: everybody may read them, nobody may write. */
export const ownScopes = 'muster.';

/** Where the platform shows what agents carry: a counter for each agent. */
export const workloadScope = 'muster.workload';

const StateName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/,
    'must be 1 to 64 of A-Z a-z 0-9 _ . : / - and begin with a letter or digit',
  );

/** A name of a scope, with its kind: also where a page of the scope begins. */
export const PartId = z.string().regex(/^(counter|set|map):[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/, 'must be kind:name');

/** A replica as the platform names it: when, and something of its own. The letter keeps it apart from the platform's. */
export const ReplicaId = z.string().regex(/^r[0-9a-z]{16,17}$/, 'must be as a state.delta named it');

const count = z.int().nonnegative();
const Clock = z.record(z.string().max(40), count);
const time = z.int().nonnegative().max(8.64e15);

const small = (bytes: number) =>
  Json.refine((value) => jsonBytes(value) <= bytes, `has more than ${bytes} bytes`).refine(
    (value) => !isDeeperThan(value, limits.inlineLevels),
    `is nested deeper than ${limits.inlineLevels} levels`,
  );

const increment = z.strictObject({
  op: z.literal('increment'),
  name: StateName,
  by: z.int().min(-1e9).max(1e9).default(1),
});
const addToSet = z.strictObject({ op: z.literal('addToSet'), name: StateName, value: small(limits.stateElementBytes) });
const removeFromSet = z.strictObject({
  op: z.literal('removeFromSet'),
  name: StateName,
  value: small(limits.stateElementBytes),
  /** What the sender had seen of the set, and of which era: what was added meanwhile stays. All there is when left out. */
  seen: Clock.optional(),
  era: time.optional(),
});
const setMap = z.strictObject({
  op: z.literal('setMap'),
  name: StateName,
  key: StateName,
  value: small(limits.stateValueBytes),
  /** When, by the sender's clock: the last writer wins. Now when left out. */
  at: time.optional(),
});

/** A replica's own operations on a name are numbered from 1; those of one patch come without a gap. */
const numbered = { n: z.int().positive().optional() };

/** One change. Names of counters, sets and maps do not meet. */
export const StateOp = z.discriminatedUnion('op', [
  increment.extend(numbered),
  addToSet.extend(numbered),
  removeFromSet.extend(numbered),
  setMap.extend(numbered),
]);
export type StateOp = z.infer<typeof StateOp>;

/** What a replica has seen of each part that it has. */
const StateVector = z
  .record(PartId, z.strictObject({ era: time, clock: Clock }))
  .refine(
    (vector) => Object.keys(vector).length <= limits.partsPerScope,
    `has more than ${limits.partsPerScope} parts`,
  );

/** Changes of a replica. With `replica` each is numbered, and a repeat is harmless; without, the frame's id makes it so. */
export const StatePatch = z
  .strictObject({
    scope: StateScope,
    replica: ReplicaId.optional(),
    ops: z.array(StateOp).min(1).max(limits.opsPerPatch),
    /** What the sender has seen of the parts that it changes: the answer has the rest. */
    vector: StateVector.optional(),
  })
  .refine(({ replica, ops }) => ops.every(({ n }) => (n === undefined) === (replica === undefined)), {
    path: ['ops'],
    message: 'must all have n when there is a replica, and none of them otherwise',
  });
export type StatePatch = z.infer<typeof StatePatch>;

/** Asks for what is newer than `vector`, and for what comes from now on. */
export const StatePull = z.strictObject({
  scope: StateScope,
  vector: StateVector.optional(),
  /** Where an answer's `next` said that there is more. */
  from: PartId.optional(),
  /** Whether changes are told to this connection from now on. @default true */
  subscribe: z.boolean().optional(),
  /** Asks for a replica's name: for whoever wants to number its changes. */
  join: z.boolean().optional(),
});
export type StatePull = z.infer<typeof StatePull>;

const part = { name: z.string(), era: z.int(), clock: Clock, since: Clock.optional() };

/** News of one name; without `since` the whole of it. */
export const StateDeltaPart = z.discriminatedUnion('kind', [
  z.looseObject({ ...part, kind: z.literal('counter'), count: z.looseObject({ plus: Clock, minus: Clock }) }),
  z.looseObject({
    ...part,
    kind: z.literal('set'),
    entries: z.record(z.string(), Clock),
    removals: Clock,
    gone: z.record(z.string(), Clock).optional(),
  }),
  z.looseObject({
    ...part,
    kind: z.literal('map'),
    entries: z.record(
      z.string(),
      z.object({ value: Json, at: z.number(), by: z.string(), replica: z.string(), dot: z.int() }),
    ),
  }),
]);
export type StateDeltaPart = z.infer<typeof StateDeltaPart>;

/** News of a scope. */
export const StateDelta = z.looseObject({
  scope: z.string(),
  parts: z.array(StateDeltaPart),
  /** There is more from here on: pull it. */
  next: z.string().optional(),
  /** The replica that was asked for. */
  replica: z.string().optional(),
  /** As whom the platform knows the sender. */
  author: z.string().optional(),
});
export type StateDelta = z.infer<typeof StateDelta>;

/** What is shared in a scope, as people read it. */
export const StateView = z.looseObject({
  scope: z.string(),
  counters: z.record(z.string(), z.number()),
  sets: z.record(z.string(), z.array(Json)),
  maps: z.record(z.string(), z.record(z.string(), Json)),
  nextCursor: z.string().optional().describe('Present when there is more.'),
});
export type StateView = z.infer<typeof StateView>;

/** Changes as the HTTP API takes them. */
export const StateChange = z.strictObject({
  scope: StateScope,
  ops: z
    .array(z.discriminatedUnion('op', [increment, addToSet, removeFromSet, setMap]))
    .min(1)
    .max(limits.opsPerPatch),
});

export type StateChangeInput = z.input<typeof StateChange>;

const roles = z.array(Role).max(Role.options.length);

/** Who may read and write scopes, beside what their keys let them. The first rule that fits a scope holds. */
export const StateAccess = z.strictObject({
  /** A scope, or its beginning and `*`. */
  scope: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\*?$|^\*$/, 'must be a scope, or its beginning and *'),
  read: roles.optional().describe('Roles that may read; all that may read state when left out.'),
  write: roles.optional().describe('Roles that may write; all that may write state when left out.'),
});
export type StateAccess = z.infer<typeof StateAccess>;
