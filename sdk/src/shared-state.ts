import { type PartDelta, receiveDelta, type Seen } from '../../core/contract/crdt/delta.ts';
import {
  applyOp,
  kindOfOp,
  newPart,
  nextTime,
  type Part,
  type PartOp,
  partIdOf,
  type StateParts,
  type StateValues,
  valuesOf,
} from '../../core/contract/crdt/part.ts';
import { noClock, seenOf } from '../../core/contract/crdt/vector-clock.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { type Json, jsonBytes } from '../../core/contract/json.ts';
import { limits } from '../../core/contract/limits.ts';
import { StateDelta, StateOp } from '../../core/contract/state.ts';
import { MusterError, toError } from './errors.ts';
import type { Link } from './link.ts';
import type { Timers } from './timers.ts';

/** How a scope is shared. */
export interface SharedStateOptions {
  /** Between two looks at what was missed, in milliseconds. @default 60000 */
  readonly syncIntervalMs?: number | undefined;
}

/** What shared state needs of its agent. */
export interface StateSurroundings {
  readonly line: Pick<Link, 'request' | 'post' | 'isUp'>;
  readonly timers: Timers;
  readonly onError: (error: Error) => void;
}

/** A change before it has a number. */
type NewOp = StateOp & PartOp;

interface InFlight {
  readonly replica: string;
  /** Each has its number, for good: the platform counts it once, however often it comes. */
  readonly ops: readonly (NewOp & { readonly n: number })[];
  readonly sentAt: number;
}

const defaultSyncIntervalMs = 60_000;
/** What was refused for the moment comes again after this. */
const retryMs = 5000;
/** What was sent longer ago may have been counted and forgotten: it is not sent under another name. */
const certainMs = 12 * 3_600_000;
/** Of a frame: for what is changed, and for what was seen. */
const opsBytes = 12 * 1024;
const vectorBytes = 8 * 1024;

/** Stands for the replica before the platform has named it. */
const unnamed = '~';

const partOf = ({ op, name }: StateOp): string => partIdOf(kindOfOp[op], name);

const emptyPart = (op: StateOp): Part => newPart(kindOfOp[op.op], 0);

/**
 * A replica of what agents share under a scope: counters, sets and maps by name. A change is seen here at once, and by the
 * others as soon as it has travelled; changes made at the same time are merged alike by everybody. Changes are kept and sent
 * again until the platform has confirmed them, over as many connections as it takes.
 */
export class SharedState {
  readonly scope: string;
  readonly #surroundings: StateSurroundings;
  readonly #syncIntervalMs: number;
  readonly #listeners = new Set<(values: StateValues) => void>();
  readonly #confirmed = new Map<string, Part>();
  #pending: NewOp[] = [];
  #inFlight: InFlight | undefined;
  #replica: string | undefined;
  #author = '';
  #values: StateValues | undefined;
  #syncing: Promise<void> | undefined;
  #isBehind = false;
  #isSubscribed = false;
  #isSendDue = false;
  #isClosed = false;
  #callOffSync: () => void = () => undefined;
  #callOffRetry: () => void = () => undefined;

  /** @internal */
  constructor(scope: string, options: SharedStateOptions, surroundings: StateSurroundings) {
    this.scope = scope;
    this.#surroundings = surroundings;
    this.#syncIntervalMs = options.syncIntervalMs ?? defaultSyncIntervalMs;
  }

  /** Everything, as it is known here: what others are known to have done, and what was done here. */
  get values(): StateValues {
    this.#values ??= valuesOf(this.#parts());
    return this.#values;
  }

  /** @internal */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the platform has confirmed every change that was made here. */
  get isSettled(): boolean {
    return this.#inFlight === undefined && this.#pending.length === 0;
  }

  /** A counter's value; 0 when nobody has counted. */
  counter(name: string): number {
    return own(this.values.counters, name) ?? 0;
  }

  /** The elements of a set, in the order of their JSON. */
  set(name: string): readonly Json[] {
    return own(this.values.sets, name) ?? [];
  }

  /** What a map has. */
  map(name: string): Readonly<Record<string, Json>> {
    return own(this.values.maps, name) ?? {};
  }

  /** Adds to a counter; takes away what is below 0. @throws {@link MusterError} INVALID_FIELD for what no counter takes. */
  increment(name: string, by = 1): void {
    this.#change({ op: 'increment', name, by });
  }

  /** Puts an element into a set. @throws {@link MusterError} INVALID_FIELD for one that is too large. */
  addToSet(name: string, value: Json): void {
    this.#change({ op: 'addToSet', name, value });
  }

  /** Takes an element out of a set; what others put in meanwhile stays. */
  removeFromSet(name: string, value: Json): void {
    const { clock = noClock, era = 0 } = this.#parts()[partIdOf('set', name)] ?? {};
    // Of what is not confirmed there is nobody's but ours, which we have seen anyway.
    const { [unnamed]: _own, ...seen } = clock;
    this.#change({ op: 'removeFromSet', name, value, seen, era });
  }

  /** Sets a key of a map: the last writer wins. @throws {@link MusterError} INVALID_FIELD for a value that is too large. */
  setMap(name: string, key: string, value: Json): void {
    const part = this.#parts()[partIdOf('map', name)];
    const at = nextTime(part?.kind === 'map' ? part : undefined, key, this.#surroundings.timers.now());
    this.#change({ op: 'setMap', name, key, value, at });
  }

  /** Calls something after each change, of whomever. The answer stops it. */
  onChange(listener: (values: StateValues) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for what was missed; also happens by itself after each connect and at intervals. */
  sync(): Promise<void> {
    this.#syncing ??= this.#pull().finally(() => {
      this.#syncing = undefined;
      this.#syncLater();
    });
    return this.#syncing;
  }

  /** Stops being told of changes. What is not confirmed is given up. */
  close(): void {
    this.end();
    this.#surroundings.line.post('unwatch', { scope: this.scope });
  }

  /** The connection is new: nobody tells it anything yet. @internal */
  up(): void {
    this.#isSubscribed = false;
    if (!this.#isClosed) void this.sync();
  }

  /** Nothing more is sent. @internal */
  end(): void {
    this.#isClosed = true;
    this.#callOffSync();
    this.#callOffRetry();
  }

  /** News that came, by whatever way. @internal */
  receive(news: StateDelta): void {
    if (news.author !== undefined) this.#author = news.author;
    if (news.replica !== undefined) this.#replica ??= news.replica;
    // What somebody changed was more than a frame takes; of an answer whoever asked sees to that.
    if (news.author === undefined && news.next !== undefined) this.#isBehind = true;
    const before = this.#confirmed.size === 0 ? undefined : new Map(this.#confirmed);
    for (const part of news.parts) this.#merge(partIdOf(part.kind, part.name), part);
    const isChanged = news.parts.some(({ kind, name }) => {
      const id = partIdOf(kind, name);
      return before?.get(id) !== this.#confirmed.get(id);
    });
    if (isChanged) this.#changed();
    if (this.#isBehind && this.#syncing === undefined) void this.sync();
  }

  #merge(id: string, delta: PartDelta): void {
    const { part, isBehind } = receiveDelta(this.#confirmed.get(id), delta);
    if (part !== undefined) this.#confirmed.set(id, part);
    this.#isBehind ||= isBehind;
  }

  #change(change: NewOp): void {
    const parsed = StateOp.safeParse(change);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue?.path.map(String).join('.') ?? '';
      throw new MusterError(`${field}: ${issue?.message ?? 'not valid'}`, { code: 'INVALID_FIELD', field });
    }
    this.#pending.push(change);
    this.#changed();
    if (this.#isSendDue) return;
    // What is done in one go travels together.
    this.#isSendDue = true;
    queueMicrotask(() => {
      this.#isSendDue = false;
      this.#send();
    });
  }

  #changed(): void {
    this.#values = undefined;
    for (const listener of this.#listeners) listener(this.values);
  }

  /** What is confirmed, with what was done here on top. */
  #parts(): StateParts {
    const parts: Record<string, Part> = Object.fromEntries(this.#confirmed);
    const writer = { replica: this.#inFlight?.replica ?? this.#replica ?? unnamed, by: this.#author };
    const unconfirmed = (this.#inFlight?.ops ?? []).filter((op) => !this.#isConfirmed(op, writer.replica));
    for (const op of [...unconfirmed, ...this.#pending]) {
      const id = partOf(op);
      parts[id] = applyOp(parts[id] ?? emptyPart(op), writer, op);
    }
    return parts;
  }

  #isConfirmed(op: NewOp & { readonly n: number }, replica: string): boolean {
    return seenOf(this.#confirmed.get(partOf(op))?.clock ?? noClock, replica) >= op.n;
  }

  async #pull(): Promise<void> {
    const { line, onError } = this.#surroundings;
    this.#callOffSync();
    try {
      let from: string | undefined;
      do {
        this.#isBehind = false;
        const answer = await line.request('state.pull', this.#question(from), { answer: 'state.delta' });
        from = newsOf(answer)?.next;
      } while (!this.#isClosed && (from !== undefined || this.#isBehind || this.#isToAsk));
    } catch (error) {
      this.#isSubscribed = false;
      // The next connection, or the next interval, asks again.
      if (!this.#isClosed) onError(toError(error));
      return;
    }
    this.#send();
  }

  #question(from: string | undefined) {
    const vector = Object.fromEntries(
      [...this.#confirmed].map(([id, { era, clock }]): [string, Seen] => [id, { era, clock }]),
    );
    const subscribe = !this.#isSubscribed;
    this.#isSubscribed = true;
    const fits = jsonBytes(vector) <= limits.inlineBinaryBytes - vectorBytes;
    return {
      scope: this.scope,
      subscribe,
      ...(fits ? { vector } : {}),
      ...(from === undefined ? {} : { from }),
      ...(this.#replica === undefined ? { join: true } : {}),
    };
  }

  /** Whether something is to be asked that the question under way has not. */
  get #isToAsk(): boolean {
    return !this.#isSubscribed || this.#replica === undefined;
  }

  /** One that is under way may have been answered before. */
  async #syncAfresh(): Promise<void> {
    await this.#syncing;
    await this.sync();
  }

  #syncLater(): void {
    this.#callOffSync();
    if (this.#isClosed) return;
    this.#callOffSync = this.#surroundings.timers.after(this.#syncIntervalMs, () => {
      if (this.#surroundings.line.isUp) void this.sync();
      else this.#syncLater();
    });
  }

  /** Sends what is next, one patch at a time: so what is sent again never overtakes what came after it. */
  #send(): void {
    const replica = this.#replica;
    if (this.#isClosed || this.#inFlight !== undefined || this.#pending.length === 0) return;
    // The first answer names the replica, and goes on here.
    if (replica === undefined) return;
    const ops = this.#number(replica);
    this.#pending = this.#pending.slice(ops.length);
    this.#inFlight = { replica, ops, sentAt: this.#surroundings.timers.now() };
    void this.#deliver(this.#inFlight);
  }

  /** As many changes as a frame takes, each with its number. */
  #number(replica: string): InFlight['ops'] {
    const last = new Map<string, number>();
    const ops: (NewOp & { readonly n: number })[] = [];
    let bytes = 0;
    for (const op of this.#pending.slice(0, limits.opsPerPatch)) {
      bytes += jsonBytes(op);
      if (ops.length > 0 && bytes > opsBytes) break;
      const id = partOf(op);
      const n = (last.get(id) ?? seenOf(this.#confirmed.get(id)?.clock ?? noClock, replica)) + 1;
      last.set(id, n);
      ops.push({ ...op, n });
    }
    return ops;
  }

  async #deliver(patch: InFlight): Promise<void> {
    const { replica, ops } = patch;
    const seen = [...new Set(ops.map(partOf))].flatMap((id): [string, Seen][] => {
      const part = this.#confirmed.get(id);
      return part === undefined ? [] : [[id, { era: part.era, clock: part.clock }]];
    });
    const vector = Object.fromEntries(seen);
    const known = jsonBytes(vector) <= vectorBytes ? { vector } : {};
    try {
      const payload = { scope: this.scope, replica, ops: [...ops], ...known };
      const answer = await this.#surroundings.line.request('state.patch', payload, { answer: 'state.delta' });
      // What the answer had no room for comes first: until then what was done here is shown on top.
      if (newsOf(answer)?.next !== undefined) await this.#syncAfresh();
      this.#inFlight = undefined;
      this.#send();
    } catch (error) {
      this.#refused(patch, toError(error));
    }
  }

  #refused(patch: InFlight, error: Error): void {
    if (this.#isClosed) return;
    const { timers, onError } = this.#surroundings;
    if (error instanceof MusterError && error.retryable) {
      this.#callOffRetry = timers.after(retryMs, () => void this.#deliver(patch));
      return;
    }
    this.#inFlight = undefined;
    // Numbers of this replica may be counted or not: what comes next has a name of its own.
    this.#replica = undefined;
    const isStale = error instanceof MusterError && error.code === 'STALE_REPLICA';
    if (isStale && patch.sentAt > timers.now() - certainMs)
      this.#pending = [...patch.ops.map(unnumbered), ...this.#pending];
    else onError(new MusterError(`Changes of ${this.scope} were not taken: ${error.message}`, detailsOf(error)));
    this.#changed();
    void this.sync();
  }
}

const unnumbered = ({ n: _n, ...op }: NewOp & { readonly n: number }): NewOp => op;

const detailsOf = (cause: Error) => ({ code: cause instanceof MusterError ? cause.code : 'INTERNAL', cause });

/** The news that an envelope carries, if any. */
export const newsOf = (envelope: PlatformEnvelope): StateDelta | undefined =>
  StateDelta.safeParse(envelope.payload).data;

const own = <Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
