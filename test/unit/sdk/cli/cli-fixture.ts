import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '#cli/main.ts';
import type { Surroundings } from '#cli/surroundings.ts';
import type { Timers } from '#sdk/timers.ts';
import { FakePlatform, type HttpAnswer, type HttpCall } from '../fake-platform.ts';

export const apiKey = 'mst_acme_k_veryprivate';

/** What a command said and answered. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** As if standard output were a terminal of this width. */
  readonly columns?: number;
}

/** Waits are over at once, so that no test waits for a retry. */
const hurried: Timers = {
  now: () => 1_800_000_000_000,
  after(_, run) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

/** The command in this process, with a home of its own and a platform that answers what the test says. */
export class CliFixture {
  readonly platform: FakePlatform;
  readonly home: string;
  readonly #interrupts = new Set<() => void>();

  private constructor(platform: FakePlatform, home: string) {
    this.platform = platform;
    this.home = home;
  }

  static async start(): Promise<CliFixture> {
    return new CliFixture(await FakePlatform.start(), await mkdtemp(join(tmpdir(), 'muster-cli-')));
  }

  async stop(): Promise<void> {
    await this.platform.stop();
    await rm(this.home, { recursive: true, force: true });
  }

  /** Answers by `METHOD /path`, the query left out; what is not named is not there. */
  answer(routes: Readonly<Record<string, unknown>>): void {
    this.platform.http = (call) => {
      const [path = ''] = call.path.split('?');
      const found = routes[`${call.method} ${path}`];
      if (found === undefined) return problem(404, 'NOT_FOUND', `There is no ${path}.`);
      return typeof found === 'function' ? found(call) : { json: found };
    };
  }

  /** The requests of a kind, `POST /v1/tasks`. */
  calls(kind: string): HttpCall[] {
    return this.platform.calls.filter(({ method, path }) => `${method} ${path.split('?')[0]}` === kind);
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const listener of this.#interrupts) listener();
  }

  async run(words: string | readonly string[], { env, stdin = '', columns }: RunOptions = {}): Promise<Said> {
    const said = { stdout: '', stderr: '' };
    const surroundings: Surroundings = {
      stdin: (async function* () {
        yield stdin;
      })(),
      stdout: {
        write: (text) => void (said.stdout += text),
        ...(columns === undefined ? {} : { isTTY: true, columns }),
      },
      stderr: { write: (text) => void (said.stderr += text) },
      env: env ?? { MUSTER_URL: this.platform.url, MUSTER_API_KEY: apiKey },
      directory: this.home,
      home: this.home,
      timers: hurried,
      onInterrupt: (listener) => {
        this.#interrupts.add(listener);
        return () => this.#interrupts.delete(listener);
      },
      self: [process.execPath, join(import.meta.dirname, '../../../../sdk/bin/muster.mjs')],
    };
    const code = await runCli(typeof words === 'string' ? words.split(' ') : words, surroundings);
    return { code, ...said };
  }
}

/** A refusal as the platform words it. */
export const problem = (status: number, code: string, detail: string, rest: object = {}): HttpAnswer => ({
  status,
  json: { type: 'about:blank', title: code, status, detail, code, retryable: status >= 500, ...rest },
});
