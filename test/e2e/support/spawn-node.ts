import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const compileCache = new URL('../../../node_modules/.cache/node', import.meta.url).pathname;

/** A Node process whose standard output is read line by line. It ends with this one. */
export class NodeProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(script: string, parameters: readonly string[]) {
    this.#child = spawn(process.execPath, [script, ...parameters], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // Most of what starting takes is reading the same sources.
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    });
    this.#exited = once(this.#child, 'exit');
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(line));
  }

  /** As a machine dies: nothing is told, nothing is finished. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
  }
}
