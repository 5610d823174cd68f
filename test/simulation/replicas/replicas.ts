import * as z from 'zod';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { valuesOf } from '#core/contract/crdt/part.ts';
import { PlatformEnvelope } from '#core/contract/envelope.ts';
import { AgentId, TenantId } from '#core/contract/ids.ts';
import { platformFrames } from '#core/contract/platform-frames.ts';
import { AppError } from '#core/errors/app-error.ts';
import { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import { patchState } from '#core/state/patch-state.ts';
import { pullState } from '#core/state/pull-state.ts';
import { readScopePage } from '#core/state/read-scope.ts';
import { encodeFrame } from '#core/watch/push-frame.ts';
import { MusterError } from '#sdk/errors.ts';
import { SharedState } from '#sdk/shared-state.ts';
import { type Chance, createChance } from '#test/simulation/chance.ts';
import { createTestPorts } from '#test/support/create-test-ports.ts';
import { createInMemoryTable, type TableHooks } from '#test/support/in-memory-table.ts';
import { ManualTimers } from '#test/unit/sdk/manual-timers.ts';

const scope = 'shared';
const tenant = TenantId.parse('acme');
const names = ['a', 'b'];
const values = ['x', 'y', 'z'];
const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

/** A handler that dies, before its call or after it. */
class Killed extends Error {}

interface Waiting {
  readonly resolve: (envelope: PlatformEnvelope) => void;
  readonly reject: (error: Error) => void;
  readonly frame: Sent;
}

interface Sent {
  readonly from: number;
  readonly id: string;
  readonly type: 'state.patch' | 'state.pull';
  readonly payload: unknown;
}

type Message = { readonly to: 'platform'; readonly sent: Sent } | { readonly to: string; readonly text: string };

interface Replica {
  readonly agentId: AgentId;
  state: SharedState;
  isUp: boolean;
  /** Changes with every connection: what was on its way to an earlier one is lost. */
  connectionId: string;
  readonly waiting: Map<string, Waiting>;
}

/** What came of a schedule. */
export interface Schedule {
  readonly seed: number;
  readonly steps: number;
  readonly faults: number;
  readonly changes: number;
  /** Empty when all have come to be alike, and right. */
  readonly divergences: readonly string[];
}

/** Agents with their replicas, a network that loses, doubles and reorders, and handlers that die at any call. */
class World {
  readonly chance: Chance;
  readonly timers = new ManualTimers();
  readonly replicas: Replica[] = [];
  readonly counted = new Map<string, number>();
  readonly added = new Set<string>();
  readonly removed = new Set<string>();
  readonly errors: string[] = [];
  #network: Message[] = [];
  #gates: (() => void)[] = [];
  #isHostile = true;
  faults = 0;
  changes = 0;
  #counter = 0;
  readonly services: Services;

  constructor(seed: number, count: number) {
    this.chance = createChance(seed, 1);
    const hooks: TableHooks = { before: () => this.#step(), after: () => this.#step() };
    const { randomness, ...ports } = createTestPorts({ table: createInMemoryTable(hooks) });
    const sockets = {
      ...ports.sockets,
      post: async (connectionId: string, text: string) => {
        await this.#step();
        const isOpen = this.replicas.some((replica) => replica.isUp && replica.connectionId === connectionId);
        if (isOpen) this.#network.push({ to: connectionId, text });
        return isOpen ? ('delivered' as const) : ('gone' as const);
      },
    };
    const clock = { now: () => this.timers.now() };
    this.services = { ...ports, sockets, clock, random: randomness, cache: createEnvironmentCache(0) };
    for (let index = 0; index < count; index++) this.replicas.push(this.#newReplica(index));
  }

  #newReplica(index: number): Replica {
    const suffix = String(index).padStart(12, '0');
    const replica: Replica = {
      agentId: AgentId.parse(`agt_01980f3e-7c1a-7d2e-9b1f-${suffix}`),
      state: this.#newState(index),
      isUp: false,
      connectionId: '',
      waiting: new Map(),
    };
    return replica;
  }

  #newState(index: number): SharedState {
    const line = {
      get isUp() {
        return true;
      },
      post: () => true,
      request: (type: string, payload: unknown) =>
        new Promise<PlatformEnvelope>((resolve, reject) => {
          if (type !== 'state.patch' && type !== 'state.pull') throw new Error(`nobody sends ${type} here`);
          this.#counter += 1;
          // What is sent is what was meant then.
          const frame = { from: index, id: `f-${this.#counter}`, type, payload: structuredClone(payload) } as const;
          this.replicas[index]?.waiting.set(frame.id, { resolve, reject, frame });
          this.#send(frame);
        }),
    };
    return new SharedState(
      scope,
      { syncIntervalMs: 1000 },
      { line, timers: this.timers, onError: (error) => this.errors.push(error.message) },
    );
  }

  /** Handlers run at the same time: each call waits for its turn, and may be the last of its handler. */
  async #step(): Promise<void> {
    await new Promise<void>((resolve) => this.#gates.push(resolve));
    if (!this.#isHostile || !this.chance.happens(0.02)) return;
    this.faults += 1;
    throw new Killed();
  }

  #send(sent: Sent): void {
    if (this.replicas[sent.from]?.isUp === true) this.#network.push({ to: 'platform', sent });
  }

  /** Another connection; with it everything unanswered goes once more, as the SDK's line does it. */
  connect(index: number): void {
    const replica = this.replicas[index];
    if (replica === undefined) return;
    this.#counter += 1;
    replica.connectionId = `socket-${index}-${this.#counter}`;
    replica.isUp = true;
    for (const { frame } of replica.waiting.values()) this.#send(frame);
    replica.state.up();
  }

  act(index: number): void {
    const state = this.replicas[index]?.state;
    if (state === undefined) return;
    const name = this.chance.pick(names);
    const value = this.chance.pick(values);
    this.changes += 1;
    const what = this.chance.between(0, 4);
    if (what <= 1) {
      const by = this.chance.between(-3, 5);
      state.increment(name, by);
      this.counted.set(name, (this.counted.get(name) ?? 0) + by);
    } else if (what === 2) {
      state.addToSet(name, value);
      this.added.add(`${name} ${value}`);
    } else if (what === 3) {
      state.removeFromSet(name, value);
      this.removed.add(`${name} ${value}`);
    } else state.setMap(name, value, this.changes);
  }

  async #handle({ from, id, type, payload }: Sent): Promise<void> {
    const replica = this.replicas[from];
    if (replica === undefined) return;
    const { agentId, connectionId } = replica;
    const principal = Principal.parse({ tenant, id: 'key:agents', role: 'agent' });
    const who = { principal, agentId, connectionId };
    const header = { correlationId: id };
    try {
      const answer =
        type === 'state.patch'
          ? await patchState(this.services, { ...who, patchId: id, patch: clientFrames[type].parse(payload) })
          : await pullState(this.services, { ...who, pull: clientFrames[type].parse(payload) });
      await this.services.sockets.post(connectionId, encodeFrame(this.services, 'state.delta', answer, header));
    } catch (error) {
      if (error instanceof Killed) return;
      if (!(error instanceof AppError)) throw error;
      const { code, message, retryable } = error;
      const refusal = encodeFrame(this.services, 'error', { id, code, message, retryable }, header);
      this.#network.push({ to: connectionId, text: refusal });
    }
  }

  #receive(to: string, text: string): void {
    const replica = this.replicas.find(({ connectionId, isUp }) => isUp && connectionId === to);
    if (replica === undefined) return;
    const envelope = PlatformEnvelope.parse(JSON.parse(text));
    const waiting = replica.waiting.get(envelope.correlationId ?? '');
    replica.waiting.delete(envelope.correlationId ?? '');
    if (envelope.type === 'error') {
      const { code, message, retryable } = Refusal.parse(envelope.payload);
      waiting?.reject(new MusterError(message, { code, retryable }));
      return;
    }
    waiting?.resolve(envelope);
    replica.state.receive(clientDelta.parse(envelope.payload));
  }

  /** Something on its way arrives: any of what there is, perhaps once more later, perhaps never. */
  deliver(): void {
    const index = Math.floor(this.chance.fraction() * this.#network.length);
    const [message] = this.#network.splice(index, 1);
    if (message === undefined) return;
    if (this.#isHostile && this.chance.happens(0.12)) {
      this.faults += 1;
      return;
    }
    if (this.#isHostile && this.chance.happens(0.12)) {
      this.faults += 1;
      this.#network.push(message);
    }
    if ('sent' in message) void this.#handle(message.sent).catch((error: unknown) => this.errors.push(String(error)));
    else this.#receive(message.to, message.text);
  }

  async step(): Promise<void> {
    const index = this.chance.between(0, this.replicas.length - 1);
    const what = this.chance.fraction();
    if (this.#gates.length > 0 && what < 0.55) this.#open();
    else if (what < 0.8) this.deliver();
    else if (what < 0.93) this.act(index);
    else if (what < 0.96) this.resend(index);
    else if (what < 0.98) this.timers.advance(this.chance.between(1, 2000));
    else this.connect(index);
    await settle();
  }

  #open(): void {
    const [gate] = this.#gates.splice(Math.floor(this.chance.fraction() * this.#gates.length), 1);
    gate?.();
  }

  resend(index: number): void {
    for (const { frame } of this.replicas[index]?.waiting.values() ?? []) this.#send(frame);
  }

  /** Nothing goes wrong any more, until nothing is under way. */
  async calm(): Promise<boolean> {
    this.#isHostile = false;
    for (let round = 0; round < 40; round++) {
      for (let index = 0; index < this.replicas.length; index++) this.resend(index);
      while (this.#network.length > 0 || this.#gates.length > 0) {
        if (this.#gates.length > 0) this.#open();
        else this.deliver();
        await settle();
      }
      const isQuiet = this.replicas.every(({ state, waiting }) => state.isSettled && waiting.size === 0);
      // Two looks of everybody at what there is, after the last change.
      if (isQuiet && round > 2) return true;
      this.timers.advance(6000);
      await settle();
    }
    return false;
  }

  async stored(): Promise<ReturnType<typeof valuesOf>> {
    this.#isHostile = false;
    const page = readScopePage(this.services, { tenant, scope }, { limit: 100 });
    while (this.#gates.length === 0) await settle();
    while (this.#gates.length > 0) {
      this.#open();
      await settle();
    }
    return valuesOf((await page).parts);
  }
}

const Refusal = z.looseObject({ code: z.string(), message: z.string(), retryable: z.boolean() });
const clientDelta = platformFrames['state.delta'];

const stepsPerSchedule = 220;

type Values = ReturnType<typeof valuesOf>;

const unlike = ({ replicas }: World, stored: Values): readonly string[] => {
  const truth = JSON.stringify(stored);
  return replicas
    .filter(({ state }) => JSON.stringify(state.values) !== truth)
    .map(({ state, agentId }) => `${agentId} has ${JSON.stringify(state.values)}, the platform ${truth}`);
};

const miscounted = ({ counted }: World, { counters }: Values): readonly string[] =>
  [...counted]
    .filter(([name, sum]) => counters[name] !== sum)
    .map(([name, sum]) => `counter ${name} is ${counters[name]}, not ${sum}`);

const lost = ({ added, removed }: World, { sets }: Values): readonly string[] =>
  [...added]
    .filter((element) => {
      const [name = '', value = ''] = element.split(' ');
      return !removed.has(element) && sets[name]?.includes(value) !== true;
    })
    .map((element) => `${element} was added and never removed, and is gone`);

/** Plays one schedule to its end: five replicas, then calm, then everybody is asked. */
export const playSchedule = async (seed: number, count = 5): Promise<Schedule> => {
  const world = new World(seed, count);
  for (let index = 0; index < count; index++) world.connect(index);
  for (let step = 0; step < stepsPerSchedule; step++) await world.step();
  const isCalm = await world.calm();
  const stored = await world.stored();
  const divergences = [
    ...(isCalm ? [] : ['it never comes to rest']),
    ...unlike(world, stored),
    ...miscounted(world, stored),
    ...lost(world, stored),
    ...world.errors.map((error) => `error: ${error}`),
  ];
  return { seed, steps: stepsPerSchedule, faults: world.faults, changes: world.changes, divergences };
};
