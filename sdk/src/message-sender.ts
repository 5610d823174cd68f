import type { Json } from '../../core/contract/json.ts';
import { jsonBytes } from '../../core/contract/json.ts';
import type { OutgoingMessageInput, SentMessage } from '../../core/contract/messaging.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import { MusterError, toError } from './errors.ts';
import type { TaskLine } from './task-runner.ts';
import type { Timers } from './timers.ts';

/** How small messages are put together. */
export interface MessageTimings {
  /** Messages in one frame, at most ten. */
  readonly messageBatch: number;
  /** How long a message waits for others. 0: not at all, though what comes while a frame is under way goes together. */
  readonly messageBatchMs: number;
  /** From this many bytes on a message waits for no other. */
  readonly messageBatchBytes: number;
  /** How long acknowledgements of what was handled are gathered, and then wait for a frame that takes them along. */
  readonly messageAckMs: number;
}

/** What an agent uses unless it is told otherwise. */
export const messageTimings: MessageTimings = {
  messageBatch: 10,
  messageBatchMs: 5,
  messageBatchBytes: 4096,
  messageAckMs: 2000,
};

/** A message whose content may still be on its way to where it is kept. */
export interface Outgoing {
  readonly message: Omit<OutgoingMessageInput, 'content'>;
  readonly content: Promise<Json>;
}

interface Queued extends Outgoing {
  readonly resolve: (sent: SentMessage) => void;
  readonly reject: (error: Error) => void;
}

interface Ready extends Omit<Queued, 'content'> {
  readonly content: Json;
  readonly bytes: number;
}

/** What a sender needs of its surroundings. */
export interface SenderOptions {
  readonly line: TaskLine;
  readonly timers: Timers;
  readonly timings: MessageTimings;
  /** Names of mail that was dealt with, which a frame takes along: as many as fit in so many bytes. */
  readonly takeAcks: (room: number) => readonly string[];
  /** Takes them back from a frame that was refused: of such a frame nothing counts. */
  readonly returnAcks: (refs: readonly string[]) => void;
}

/** Beside the content: ids, mode and address. */
const envelopeBytes = 512;

/**
 * Sends messages in the order in which they were handed in: one frame at a time, each until the platform has answered it,
 * over as many connections as it takes. So a recipient never has a later message before an earlier one.
 */
export class MessageSender {
  readonly #line: TaskLine;
  readonly #timers: Timers;
  readonly #timings: MessageTimings;
  readonly #takeAcks: SenderOptions['takeAcks'];
  readonly #returnAcks: SenderOptions['returnAcks'];
  readonly #queue: Queued[] = [];
  readonly #idle: (() => void)[] = [];
  #isBusy = false;
  #number = 0;
  #callOff: (() => void) | undefined;

  constructor(options: SenderOptions) {
    this.#line = options.line;
    this.#timers = options.timers;
    this.#timings = options.timings;
    this.#takeAcks = options.takeAcks;
    this.#returnAcks = options.returnAcks;
  }

  /** Resolves when the message is durable. @throws {@link MusterError} with the platform's code when it is refused. */
  send(outgoing: Outgoing, bytes: number): Promise<SentMessage> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...outgoing, resolve, reject });
      const { messageBatch, messageBatchMs, messageBatchBytes } = this.#timings;
      const isFull = this.#queue.length >= messageBatch || bytes >= messageBatchBytes || messageBatchMs === 0;
      if (isFull) void this.#flush();
      else this.#callOff ??= this.#timers.after(messageBatchMs, () => void this.#flush());
    });
  }

  /** Resolves when nothing is left to be answered. */
  settle(): Promise<void> {
    void this.#flush();
    return new Promise((resolve) => {
      if (this.#isBusy) this.#idle.push(resolve);
      else resolve();
    });
  }

  async #flush(): Promise<void> {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#queue.length > 0) await this.#sendFrame(await this.#nextFrame());
    this.#isBusy = false;
    for (const tell of this.#idle.splice(0)) tell();
  }

  /** The first messages of the queue that fit one frame. One whose content could not be stowed is left out. */
  async #nextFrame(): Promise<readonly Ready[]> {
    const frame: Ready[] = [];
    let bytes = 0;
    while (frame.length < this.#timings.messageBatch) {
      const [next] = this.#queue;
      if (next === undefined) break;
      const ready = await makeReady(next);
      if (ready !== undefined && frame.length > 0 && bytes + ready.bytes > this.#line.inlineBytes) break;
      // A frame names an id once; a repeat is the next one's.
      if (frame.some(({ message }) => message.id === next.message.id)) break;
      this.#queue.shift();
      if (ready === undefined) continue;
      frame.push(ready);
      bytes += ready.bytes;
    }
    return frame;
  }

  async #sendFrame(frame: readonly Ready[]): Promise<void> {
    if (frame.length === 0) return;
    // Grows also over restarts of the process, as long as it sends less than one frame a millisecond.
    this.#number = Math.max(this.#number + 1, this.#timers.now());
    const messages = frame.map(({ message, content }) => ({ ...message, content }));
    // A frame has room for one content of this size and its envelope: what rides along must not be what makes it too large.
    const acks = this.#takeAcks(this.#line.inlineBytes - jsonBytes(messages));
    try {
      const answer = await this.#line.request(
        'message.send',
        { number: this.#number, messages, ...(acks.length === 0 ? {} : { acks: [...acks] }) },
        { answer: 'message.sent' },
      );
      const { results } = platformFrames['message.sent'].parse(answer.payload);
      frame.forEach((one, index) => settleOne(one, results[index]));
    } catch (error) {
      this.#returnAcks(acks);
      for (const { reject } of frame) reject(toError(error));
    }
  }
}

const makeReady = async (queued: Queued): Promise<Ready | undefined> => {
  try {
    const content = await queued.content;
    return { ...queued, content, bytes: jsonBytes(content) + envelopeBytes };
  } catch (error) {
    queued.reject(toError(error));
    return undefined;
  }
};

const settleOne = ({ resolve, reject }: Ready, result: SentMessage | undefined): void => {
  if (result?.error !== undefined) {
    const { message, ...details } = result.error;
    return reject(new MusterError(message, details));
  }
  if (result === undefined)
    return reject(new MusterError('The platform did not answer for this message', { code: 'MALFORMED_FRAME' }));
  return resolve(result);
};
