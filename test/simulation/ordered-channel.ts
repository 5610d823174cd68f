import type { World } from './world.ts';

/**
 * Records of a stream whose order matters: those of one key one after the other, each again until a receiver has answered
 * `true`, and now and then once more after that.
 */
export class OrderedChannel<T> {
  private readonly world: World;
  private readonly name: string;
  private readonly keyOf: (record: T) => string;
  private readonly receive: (record: T) => Promise<boolean>;
  private readonly waiting = new Map<string, T[]>();
  /** Written and not yet dealt with. */
  open = 0;

  constructor(
    world: World,
    name: string,
    { keyOf, receive }: { keyOf: (record: T) => string; receive: (record: T) => Promise<boolean> },
  ) {
    this.world = world;
    this.name = name;
    this.keyOf = keyOf;
    this.receive = receive;
  }

  send(record: T): void {
    this.open += 1;
    const key = this.keyOf(record);
    const queue = this.waiting.get(key) ?? [];
    this.waiting.set(key, queue);
    queue.push(structuredClone(record));
    if (queue.length === 1) this.next(key, 2);
  }

  /** A receiver that dies never answers: the record comes again when its time is over. */
  private next(key: string, delayMs: number): void {
    const { chance, scheduler, weather, faults } = this.world;
    scheduler.after(delayMs + chance.fraction() * 50, () => {
      const [record] = this.waiting.get(key) ?? [];
      if (record === undefined) return;
      const state = { isOver: false };
      const again = (why: string): void => {
        if (state.isOver) return;
        state.isOver = true;
        faults.note(`${why} ${this.name}`);
        this.next(key, 100);
      };
      scheduler.after(31_000, () => again('redelivered'));
      void this.receive(structuredClone(record)).then((isDealtWith) => {
        if (state.isOver) return;
        if (!isDealtWith) return again('failed');
        if (chance.happens(weather.duplicate)) return again('duplicate');
        state.isOver = true;
        this.open -= 1;
        const rest = this.waiting.get(key);
        rest?.shift();
        // Of an empty one the next to send begins again: two at a time would take away a record that neither has read.
        if (rest !== undefined && rest.length > 0) this.next(key, 0);
      });
    });
  }
}
