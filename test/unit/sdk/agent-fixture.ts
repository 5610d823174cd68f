import { afterEach, beforeEach } from 'vitest';
import { Agent, type AgentOptions } from '#sdk/index.ts';
import { FakePlatform } from './fake-platform.ts';
import { ManualTimers } from './manual-timers.ts';

/** Lets what is pending in the process's own sockets happen. */
export const next = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

export const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await next();
};

export const untilAborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });

/** A fresh platform and clock for each test; agents end with it. */
class AgentFixture {
  timers = new ManualTimers();
  readonly #agents: Agent[] = [];
  #platform: FakePlatform | undefined;

  get platform(): FakePlatform {
    if (this.#platform === undefined) throw new Error('No test is running');
    return this.#platform;
  }

  createAgent(options: Partial<AgentOptions> = {}): Agent {
    const { platform, timers } = this;
    const own = { url: platform.socketUrl, apiKey: 'mst_acme_k_s', name: 'worker', timers, random: () => 0.5 };
    const agent = new Agent({ ...own, ...options });
    this.#agents.push(agent);
    return agent;
  }

  async begin(): Promise<void> {
    this.#platform = await FakePlatform.start();
    this.timers = new ManualTimers();
  }

  async end(): Promise<void> {
    this.platform.silentOn.clear();
    const stopping = this.#agents.splice(0).map((agent) => agent.stop());
    this.timers.advance(10_000);
    await Promise.all(stopping);
    await this.platform.stop();
  }
}

/** A fixture that begins and ends with each test of the file. */
export const useAgents = (): AgentFixture => {
  const fixture = new AgentFixture();
  beforeEach(() => fixture.begin());
  afterEach(() => fixture.end());
  return fixture;
};
