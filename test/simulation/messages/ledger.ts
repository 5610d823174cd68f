import type { AgentId } from '#core/contract/ids.ts';
import type { Message, SentMessage } from '#core/contract/messaging.ts';
import type { World } from '../world.ts';

/** A message as its author knows it. */
export interface Letter {
  readonly id: string;
  readonly from: AgentId;
  /** Of its frame: its sender waits for each answer before it sends the next. */
  readonly number: number;
  readonly content: string;
  /** Who is certain to be among its audience. */
  readonly to: readonly AgentId[];
  /** There is nobody else whom it may come to. */
  readonly isForOne: boolean;
}

interface Entry {
  readonly letter: Letter;
  /** The platform has answered for it. */
  isPromised: boolean;
  /** From a queue, which keeps no order. */
  isSpread: boolean;
}

/**
 * What one tenant's agents wrote, were promised, and got. An agent keeps for good which messages had their effect, as one
 * with a disk does: so what is judged is the platform.
 */
export class Ledger {
  private readonly world: World;
  private readonly letters = new Map<string, Entry>();
  private readonly effects = new Set<string>();
  /** The number of the last message that had its effect, by sender and recipient. */
  private readonly last = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  wrote(letter: Letter): void {
    this.letters.set(letter.id, { letter, isPromised: false, isSpread: false });
  }

  isPromised(id: string): boolean {
    return this.letters.get(id)?.isPromised === true;
  }

  answered({ id, error, isSpread = false, full = [] }: SentMessage): void {
    const entry = this.letters.get(id);
    if (entry === undefined || error !== undefined || full.length > 0) return;
    entry.isPromised = true;
    entry.isSpread = isSpread;
  }

  /** The first time is the effect; what comes again is not one. */
  arrived(to: AgentId, { id, from, content }: Message): void {
    const entry = this.letters.get(id);
    const what = `${id} from ${from} to ${to}`;
    if (entry === undefined || entry.letter.from !== from)
      return this.world.violate('MSG-2 a message is its sender’s', what);
    const { letter, isSpread } = entry;
    if (letter.isForOne && !letter.to.includes(to))
      return this.world.violate('MSG-2 a message comes to whom it is for', what);
    const isRepeat = this.effects.has(`${to} ${id}`);
    // Once the only agent that it was for has dealt with it, nobody remembers what it said.
    if (content !== letter.content && !(isRepeat && letter.isForOne))
      return this.world.violate('MSG-12 a message says what was said under its name', what);
    this.effects.add(`${to} ${id}`);
    if (!isRepeat && !isSpread) this.keepsOrder(entry, to);
  }

  private keepsOrder({ letter: { id, from, number }, isPromised }: Entry, to: AgentId): void {
    const pair = `${from} ${to}`;
    const before = this.last.get(pair) ?? 0;
    this.last.set(pair, Math.max(before, number));
    if (isPromised && number < before)
      this.world.violate('messages of one sender keep their order', `${id} to ${to}: ${number} after ${before}`);
  }

  /** What was promised and has had no effect. */
  missing(): readonly string[] {
    return [...this.letters.values()].flatMap(({ letter, isPromised }) =>
      isPromised
        ? letter.to.filter((to) => !this.effects.has(`${to} ${letter.id}`)).map((to) => `${letter.id} to ${to}`)
        : [],
    );
  }
}
