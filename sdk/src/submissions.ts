import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import type { Json } from '../../core/contract/json.ts';
import type { PlatformFrame } from '../../core/contract/platform-frames.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import type { TaskError, Usage } from '../../core/contract/task.ts';
import { toError } from './errors.ts';

/** How a task ended. `output` is there when it succeeded, `error` when it did not. */
export interface TaskOutcome {
  readonly taskId: string;
  readonly status: string;
  readonly output?: Json | undefined;
  readonly error?: TaskError | undefined;
  readonly usage?: Usage | undefined;
}

type Completion = PlatformFrame<'task.completed'>;

/** Completions that came before anybody asked are kept, up to this many. */
const maxUnclaimed = 1000;

/** Matches `task.completed` frames with those who wait for them, whichever comes first. */
export class Submissions {
  readonly #waiting = new Map<string, Set<(completion: Completion) => void>>();
  readonly #unclaimed = new Map<string, Completion>();

  /** Takes the frame if it is a completion. */
  take(envelope: PlatformEnvelope): boolean {
    if (envelope.type !== 'task.completed') return false;
    const parsed = platformFrames['task.completed'].safeParse(envelope.payload);
    if (!parsed.success) return false;
    const waiting = this.#waiting.get(parsed.data.taskId);
    if (waiting === undefined) this.#keep(parsed.data);
    for (const resolve of waiting ?? []) resolve(parsed.data);
    return true;
  }

  /** Resolves with the completion of a task; rejects with the signal's reason. */
  completionOf(taskId: string, signal?: AbortSignal): Promise<Completion> {
    const early = this.#unclaimed.get(taskId);
    this.#unclaimed.delete(taskId);
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(taskId) ?? new Set();
      const finish = (): void => {
        signal?.removeEventListener('abort', abort);
        waiting.delete(settle);
        if (waiting.size === 0) this.#waiting.delete(taskId);
      };
      const settle = (completion: Completion): void => {
        finish();
        resolve(completion);
      };
      const abort = (): void => {
        finish();
        reject(toError(signal?.reason));
      };
      if (signal?.aborted === true) return abort();
      this.#waiting.set(taskId, waiting.add(settle));
      signal?.addEventListener('abort', abort, { once: true });
      return undefined;
    });
  }

  #keep(completion: Completion): void {
    this.#unclaimed.set(completion.taskId, completion);
    const oldest = this.#unclaimed.keys().next();
    if (this.#unclaimed.size > maxUnclaimed && oldest.done !== true) this.#unclaimed.delete(oldest.value);
  }
}
