type Listeners<Events> = { [Name in keyof Events]?: Set<(value: Events[Name]) => void> };

/** Typed events, without a dependency on Node's types in the published declarations. */
export class Emitter<Events> {
  readonly #listeners: Partial<Listeners<Events>> = {};

  /** Calls the listener for each event of that name. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): this {
    const listeners: Set<(value: Events[Name]) => void> = this.#listeners[name] ?? new Set();
    this.#listeners[name] = listeners.add(listener);
    return this;
  }

  /** Stops calling the listener. */
  off<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): this {
    this.#listeners[name]?.delete(listener);
    return this;
  }

  /** Whether anybody heard it. @internal */
  protected emit<Name extends keyof Events>(name: Name, value: Events[Name]): boolean {
    const listeners = this.#listeners[name];
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of listeners) listener(value);
    return true;
  }
}
