import type { World } from './world.ts';

/** How a receiver left a message: `undefined` while it has not answered. */
type Receive<T> = (message: T) => Promise<boolean>;

/**
 * Messages that arrive at least once: sometimes twice, in no order, and again after the visibility timeout until a
 * receiver has answered `true`.
 */
export class Channel<T> {
  private readonly world: World;
  private readonly name: string;
  private readonly receive: Receive<T>;
  private readonly visibilityMs: number;
  /** Sent and not yet dealt with. */
  open = 0;

  constructor(world: World, name: string, visibilityMs: number, receive: Receive<T>) {
    this.world = world;
    this.name = name;
    this.visibilityMs = visibilityMs;
    this.receive = receive;
  }

  send(message: T, delayMs = 0): void {
    this.open += 1;
    const state = { isDone: false };
    this.deliver(message, delayMs, state);
    if (this.world.chance.happens(this.world.weather.duplicate)) {
      this.world.faults.note(`duplicate ${this.name}`);
      // It is not waited for: the message itself is.
      this.world.scheduler.after(delayMs + this.transitMs(), () => this.once(message, { isDone: true }));
    }
  }

  private transitMs(): number {
    const { chance, weather } = this.world;
    if (!chance.happens(weather.stall)) return 2 + chance.fraction() * 30;
    this.world.faults.note(`late ${this.name}`);
    return chance.fraction() * 20_000;
  }

  private deliver(message: T, delayMs: number, state: { isDone: boolean }): void {
    this.world.scheduler.after(delayMs + this.transitMs(), () => {
      this.once(message, state);
      this.world.scheduler.after(this.visibilityMs, () => {
        if (state.isDone) return;
        this.world.faults.note(`redelivered ${this.name}`);
        this.deliver(message, 0, state);
      });
    });
  }

  private once(message: T, state: { isDone: boolean }): void {
    void this.receive(structuredClone(message)).then((isDealtWith) => {
      if (!isDealtWith || state.isDone) return;
      state.isDone = true;
      this.open -= 1;
    });
  }
}
