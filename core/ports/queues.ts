import type { Key } from '../contract/keys.ts';
import type { TasksMessage, TimerMessage } from '../contract/messages.ts';

/** Work for later or for elsewhere. Messages may arrive twice and in any order. */
export interface Queues {
  /** `tenant` groups messages, so that one tenant's burst does not hold up another's. */
  sendTasks(tenant: string, messages: readonly TasksMessage[]): Promise<void>;
  /** Fires after the delay, at most 900 seconds. */
  sendTimer(message: TimerMessage, delaySeconds: number): Promise<void>;
  /** Names an item whose durable effects could not be brought about now, to be tried again apart from the others. */
  sendEffect(key: Key): Promise<void>;
}
