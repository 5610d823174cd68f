import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

const closed = (server: Server): Promise<unknown> => once(server, 'close');

/** A way to the platform that can be cut as a whole: a network that is away. */
export class LineToPlatform {
  readonly #sockets = new Set<Socket>();
  readonly #platformPort: number;
  #server: Server | undefined;
  #port = 0;

  constructor(platformPort: number) {
    this.#platformPort = platformPort;
  }

  get port(): number {
    return this.#port;
  }

  /** Takes connections, always on the same port. */
  async open(): Promise<void> {
    const server = createServer((socket) => this.#join(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#server = server;
  }

  /** Cuts every connection, and takes none until it is opened again. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) await closed(server);
  }

  #join(client: Socket): void {
    const platform = connect(this.#platformPort, '127.0.0.1');
    this.#sockets.add(client);
    client.setNoDelay(true);
    platform.setNoDelay(true);
    client.pipe(platform);
    platform.pipe(client);
    const end = (): void => {
      this.#sockets.delete(client);
      client.destroy();
      platform.destroy();
    };
    for (const socket of [client, platform]) socket.on('error', end).on('close', end);
  }
}
