import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { StateScope } from '../../core/contract/state.ts';
import { MusterError } from './errors.ts';
import { newsOf, SharedState, type SharedStateOptions, type StateSurroundings } from './shared-state.ts';

/** Every scope that an agent shares. */
export class SharedStates {
  readonly #surroundings: StateSurroundings;
  readonly #states = new Map<string, SharedState>();

  constructor(surroundings: StateSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The replica of a scope: always the same one until it is closed.
   * @throws {@link MusterError} INVALID_OPTION for a scope that there can be none of.
   */
  of(scope: string, options: SharedStateOptions): SharedState {
    const known = this.#states.get(scope);
    if (known !== undefined && !known.isClosed) return known;
    const checked = StateScope.safeParse(scope);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const reason = `scope ${JSON.stringify(scope)} ${issue?.message ?? 'is not valid'}`;
      throw new MusterError(reason, { code: 'INVALID_OPTION', field: 'scope' });
    }
    const state = new SharedState(scope, options, this.#surroundings);
    this.#states.set(scope, state);
    if (this.#surroundings.line.isUp) state.up();
    return state;
  }

  /** Takes the frame if it is news of a scope. */
  take(envelope: PlatformEnvelope): boolean {
    if (envelope.type !== 'state.delta') return false;
    const news = newsOf(envelope);
    if (news !== undefined) this.#states.get(news.scope)?.receive(news);
    return true;
  }

  /** There is a new connection. */
  up(): void {
    for (const state of this.#states.values()) state.up();
  }

  /** There will be no other. */
  end(): void {
    for (const state of this.#states.values()) state.end();
  }
}
