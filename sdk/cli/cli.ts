import { Administrator } from '../src/administrator.ts';
import { Client } from '../src/client.ts';
import { Operator } from '../src/operator.ts';
import { type Connection, type ConnectionOptions, resolveConnection } from './connection.ts';
import { CliError } from './failure.ts';
import type { Output } from './output.ts';
import type { Surroundings } from './surroundings.ts';

/** What a command works with. The platform is looked for when a command first needs it. */
export class Cli {
  readonly surroundings: Surroundings;
  readonly output: Output;
  readonly options: ConnectionOptions;
  #connection: Promise<Connection> | undefined;
  #client: Client | undefined;

  constructor(surroundings: Surroundings, output: Output, options: ConnectionOptions) {
    this.surroundings = surroundings;
    this.output = output;
    this.options = options;
  }

  /** @throws {@link CliError} when no platform or no key is known */
  connection(): Promise<Connection> {
    this.#connection ??= resolveConnection(this.surroundings, this.options);
    return this.#connection;
  }

  async client(): Promise<Client> {
    const { socketUrl, apiKey } = await this.connection();
    const url = await this.#httpUrl();
    this.#client ??= new Client({
      url,
      apiKey,
      timers: this.surroundings.timers,
      ...(socketUrl === undefined ? {} : { socketUrl }),
    });
    return this.#client;
  }

  async operator(): Promise<Operator> {
    const { apiKey } = await this.connection();
    return new Operator({ url: await this.#httpUrl(), apiKey, timers: this.surroundings.timers });
  }

  async administrator(): Promise<Administrator> {
    const { apiKey } = await this.connection();
    return new Administrator({ url: await this.#httpUrl(), apiKey, timers: this.surroundings.timers });
  }

  /** Closes what was opened. */
  close(): void {
    this.#client?.close();
  }

  async #httpUrl(): Promise<string> {
    const { url } = await this.connection();
    if (url !== undefined) return url;
    throw new CliError('Only the WebSocket address of the platform is known; this needs its HTTP address too.', {
      hint: 'Set MUSTER_URL to the HTTP address and MUSTER_SOCKET_URL to the other, or store both: `muster login`.',
    });
  }
}
