import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ConnectionRegistry } from './connection-registry.ts';
import type { Violation } from './frame-guard.ts';
import { createFrameGuard } from './frame-guard.ts';
import type { GatewayContext } from './spec.ts';
import type { ConnectionFacts } from './web-socket-events.ts';

/** WebSocket messages are billed per started 32 KB, in each direction. */
const billedMessageBytes = 32 * 1024;

/** How a connection ended, in the words of the `$disconnect` event. */
export interface Ending {
  readonly statusCode: number;
  readonly reason: string;
}

/** What a connection reports. */
export interface ConnectionListener {
  /** Called for each message, without waiting for the one before. */
  onMessage(text: string): void;
  /** Called once. */
  onEnd(ending: Ending): void;
}

function endingOf(code: number, reason: string): Ending {
  if (code === 1005) return { statusCode: 1005, reason: 'Client-side close frame status not set' };
  if (code === 1006) return { statusCode: 1006, reason: 'Connection closed abnormally' };
  if (code === 1000 && reason === '') return { statusCode: 1000, reason: 'Connection Closed Normally' };
  return { statusCode: code, reason };
}

/**
 * Puts the frame guard between a socket and the library's listener, so that a frame over the limit or a binary one
 * ends the connection before its payload is read, and legal frames before it are still handed over.
 */
function guardFrames(
  client: { readonly webSocket: WebSocket; readonly socket: Duplex },
  frameBytes: number,
  onViolation: (violation: Violation) => void,
): void {
  const { webSocket, socket } = client;
  const inspect = createFrameGuard(frameBytes);
  const listeners = socket.listeners('data');
  let isStopped = false;
  webSocket.once('error', () => {
    isStopped = true;
  });
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    // Bytes after a violation are read and dropped: unread ones would turn the close into a reset.
    if (isStopped) return;
    const { legal, violation } = inspect(chunk);
    if (legal.length > 0) for (const listener of listeners) Reflect.apply(listener, socket, [legal]);
    if (violation === undefined) return;
    isStopped = true;
    onViolation(violation);
  });
}

/** Sends a text message in frames of at most `frameBytes`. */
function sendFrames(webSocket: WebSocket, message: Buffer, frameBytes: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let offset = 0;
  do {
    const end = Math.min(offset + frameBytes, message.length);
    const isLast = end === message.length;
    const frame = message.subarray(offset, end);
    webSocket.send(frame, { binary: false, fin: isLast }, (error) => {
      if (error !== undefined && error !== null) resolve(false);
      else if (isLast) resolve(true);
    });
    offset = end;
  } while (offset < message.length);
  return promise;
}

/** A socket that does not answer a close is cut after this. */
const closeGraceMs = 5_000;

/** The idle and age limits of one connection. */
function createLifetime(context: GatewayContext, close: (code: number, reason: string) => void) {
  const { clock, limits } = context;
  let lastActiveAt = clock.now();
  let cancelIdle = (): void => undefined;
  const cancelAge = clock.after(limits.connectionAgeMs, () => close(1001, 'Going away'));
  const armIdle = (delayMs: number): void => {
    cancelIdle = clock.after(delayMs, () => {
      const leftMs = lastActiveAt + limits.idleMs - clock.now();
      if (leftMs > 0) armIdle(leftMs);
      else close(1001, 'Going away');
    });
  };
  armIdle(limits.idleMs);
  return {
    lastActiveAt: () => lastActiveAt,
    touch: (): void => {
      lastActiveAt = clock.now();
    },
    cancel: (): void => {
      cancelIdle();
      cancelAge();
    },
  };
}

/** Runs one connection from the end of its handshake: limits, timers, metering, registry. */
export function runConnection(
  context: GatewayContext,
  registry: ConnectionRegistry,
  client: { readonly webSocket: WebSocket; readonly socket: Duplex; readonly facts: ConnectionFacts },
  listener: ConnectionListener,
): void {
  const { clock, limits, meter } = context;
  const { webSocket, socket, facts } = client;
  let isOpen = true;

  const end = (ending: Ending): void => {
    if (!isOpen) return;
    isOpen = false;
    lifetime.cancel();
    registry.delete(facts.connectionId);
    const minutes = Math.ceil((clock.now() - facts.connectedAt) / 60_000);
    meter.count('websocket.connectionMinutes', Math.max(1, minutes));
    listener.onEnd(ending);
  };
  const close = (code: number, reason: string, isSocketEnded = false): void => {
    if (!isOpen) return;
    webSocket.close(code, reason);
    if (isSocketEnded && socket instanceof Socket) socket.destroySoon();
    const cancelCut = clock.after(closeGraceMs, () => webSocket.terminate());
    webSocket.once('close', cancelCut);
    end({ statusCode: code, reason });
  };
  const lifetime = createLifetime(context, close);
  const countMessage = (bytes: Buffer): void => {
    lifetime.touch();
    meter.count('websocket.messages', Math.max(1, Math.ceil(bytes.length / billedMessageBytes)));
  };

  guardFrames(client, limits.frameBytes, ({ code, reason }) => close(code, reason, true));
  webSocket.on('message', (data) => {
    if (!isOpen || !Buffer.isBuffer(data)) return;
    countMessage(data);
    listener.onMessage(data.toString('utf8'));
  });
  webSocket.on('ping', lifetime.touch);
  webSocket.on('pong', lifetime.touch);
  webSocket.on('error', (error) => end(endingOfError(error)));
  webSocket.on('close', (code, reason) => end(endingOf(code, reason.toString('utf8'))));
  registry.set(facts.connectionId, {
    connectedAt: facts.connectedAt,
    lastActiveAt: lifetime.lastActiveAt,
    identity: { sourceIp: facts.sourceIp, userAgent: facts.userAgent },
    async send(message) {
      if (!isOpen) return false;
      const bytes = Buffer.from(message, 'utf8');
      countMessage(bytes);
      return sendFrames(webSocket, bytes, limits.frameBytes);
    },
    close,
  });
}

/** The close code the library sends for each of its errors. */
const closeCodeOfError: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_INVALID_UTF8: 1007,
};

function endingOfError(error: Error): Ending {
  const code = 'code' in error ? String(error.code) : '';
  if (!code.startsWith('WS_ERR')) return endingOf(1006, '');
  return { statusCode: closeCodeOfError[code] ?? 1002, reason: error.message };
}
