import diagnostics from 'node:diagnostics_channel';
import { Socket } from 'node:net';

const channel = 'net.client.socket';

const socketOf = (message: unknown): Socket | undefined =>
  typeof message === 'object' && message !== null && 'socket' in message && message.socket instanceof Socket
    ? message.socket
    : undefined;

/** The connections that this process opens to a port, which can be cut. Nothing stands between: it would cost what is measured. */
export class DirectLines {
  readonly #open = new Set<Socket>();
  readonly #port: number;
  readonly #watch = (message: unknown): void => {
    const socket = socketOf(message);
    socket?.once('connect', () => this.#note(socket));
  };

  constructor(port: number) {
    this.#port = port;
    diagnostics.subscribe(channel, this.#watch);
  }

  /** Cuts a share of the connections, at least one. Returns how many. */
  cutSome(share: number, random: () => number): number {
    const open = [...this.#open];
    const count = Math.min(open.length, Math.max(1, Math.round(open.length * share)));
    for (let cut = 0; cut < count; cut++) open.splice(Math.floor(random() * open.length), 1)[0]?.destroy();
    return count;
  }

  /** Takes no notice of further connections. */
  release(): void {
    diagnostics.unsubscribe(channel, this.#watch);
  }

  #note(socket: Socket): void {
    if (socket.remotePort !== this.#port) return;
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}
