import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as z from 'zod';

const Ready = z.looseObject({ http: z.string(), ws: z.string(), apiKey: z.string() });
type Ready = z.infer<typeof Ready>;

const script = new URL('../../scripts/dev.ts', import.meta.url).pathname;

/** The platform as `npm run dev -- --data DIR` runs it: in a process that can be killed. */
export class PlatformProcess {
  readonly ready: Ready;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, exited: Promise<unknown>, ready: Ready) {
    this.#child = child;
    this.#exited = exited;
    this.ready = ready;
  }

  static async start(port: number, data: string): Promise<PlatformProcess> {
    const parameters = [script, '--port', String(port), '--data', data, '--json'];
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const exited = once(child, 'exit');
    if (child.stdout === null) throw new Error('the platform has no standard output');
    const lines = createInterface({ input: child.stdout });
    const [line]: unknown[] = await Promise.race([once(lines, 'line'), exited]);
    if (typeof line !== 'string') throw new Error('the platform ended before it was ready');
    return new PlatformProcess(child, exited, Ready.parse(JSON.parse(line)));
  }

  /** `kill -9`: nothing is told, nothing is finished. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
