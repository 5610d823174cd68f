import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '#local/engine/free-port.ts';
import { Agent } from '#sdk/index.ts';
import { DirectLines } from './direct-lines.ts';
import { Ledger, type Verdict } from './ledger.ts';
import { LineToPlatform } from './line-to-platform.ts';
import { PlatformProcess } from './platform-process.ts';

/** One exchange of messages under faults. */
export interface ExchangeOptions {
  readonly agents: number;
  readonly seconds: number;
  /** Messages in one frame. */
  readonly batch: number;
  /** How long a tenth of the agents is away. */
  readonly awaySeconds: number;
  /** Share of the messages that their senders hand in twice. */
  readonly repeatShare?: number;
  readonly random?: () => number;
  /** Receives what takes time. */
  readonly progress?: (line: string) => void;
}

export interface Exchange extends Verdict {
  /** Acknowledged messages a second over the whole time, the platform's death included … */
  readonly perSecond: number;
  /** … over the time in which the platform was there … */
  readonly perSecondUp: number;
  /** … and in its best second. */
  readonly bestSecond: number;
  readonly refused: number;
  readonly drops: number;
  /** From the kill until an agent is connected again. */
  readonly downMs: number;
  /** From the last send until the last acknowledged message had its effect. */
  readonly settleMs: number;
}

/** How long the rest may take to arrive: reconnects back off for up to ten seconds. */
const settleLimitMs = 60_000;

/** Agents that write to each other, and what was promised them. */
class Crowd {
  readonly ledger = new Ledger();
  readonly #agents: Agent[] = [];
  readonly #counts = new Map<string, number>();
  readonly #perSecond = new Map<number, number>();
  readonly #partners = new Map<number, { readonly to: number; left: number }>();
  readonly #options: ExchangeOptions;
  readonly #random: () => number;
  #isOver = false;
  #refused = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get refused(): number {
    return this.#refused;
  }

  get bestSecond(): number {
    return Math.max(0, ...this.#perSecond.values());
  }

  get connected(): number {
    return this.#agents.filter((agent) => agent.isConnected).length;
  }

  async start(urlOf: (index: number) => string, apiKey: string): Promise<void> {
    const { agents, batch } = this.#options;
    for (let index = 0; index < agents; index++) {
      const agent = new Agent({
        url: urlOf(index),
        apiKey,
        name: `talker-${index}`,
        timings: { messageBatch: batch, reconnectCapMs: 2000, resendMs: 30_000 },
      });
      agent.on('error', () => undefined).on('retrying', () => undefined);
      agent.messages.onMessage((message) => this.ledger.received(index, message));
      this.#agents.push(agent);
    }
    for (let at = 0; at < agents; at += 10)
      await Promise.all(this.#agents.slice(at, at + 10).map((agent) => agent.start()));
  }

  /** Each agent keeps as much under way as one frame carries while another is being answered. */
  async talk(): Promise<void> {
    const lanes = this.#options.batch === 1 ? 1 : 2 * this.#options.batch;
    const all = this.#agents.flatMap((_, index) => Array.from({ length: lanes }, () => this.#talk(index)));
    await wait(this.#options.seconds * 1000);
    this.#isOver = true;
    await Promise.all(all);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
  }

  async #talk(from: number): Promise<void> {
    while (!this.#isOver) await this.#say(from, this.#partnerOf(from));
  }

  /** Whom an agent writes to now: as many messages to one other as a frame carries, then to another, by chance. */
  #partnerOf(from: number): number {
    const { agents, batch } = this.#options;
    const partner = this.#partners.get(from);
    if (partner !== undefined && partner.left > 0) {
      partner.left -= 1;
      return partner.to;
    }
    const to = (from + 1 + Math.floor(this.#random() * (agents - 1))) % agents;
    this.#partners.set(from, { to, left: batch - 1 });
    return to;
  }

  async #say(from: number, to: number): Promise<void> {
    const pair = `${from}-${to}`;
    const number = (this.#counts.get(pair) ?? 0) + 1;
    this.#counts.set(pair, number);
    const send = async (): Promise<void> => {
      await this.#agents[from]?.messages.send(`talker-${to}`, { from, number }, { id: `${pair}-${number}` });
    };
    try {
      const isRepeated = this.#random() < (this.#options.repeatShare ?? 0.01);
      await Promise.all(isRepeated ? [send(), send()] : [send()]);
      this.ledger.acknowledged(from, to, number);
      const second = Math.floor(performance.now() / 1000);
      this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
    } catch {
      this.#refused += 1;
    }
  }
}

/** Runs something again and again until it is told to stop. */
const every = (ms: number, run: () => void): (() => void) => {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
};

/**
 * Agents exchange messages as fast as the platform takes them, while a hundredth of the connections is cut each second,
 * a tenth of the agents is away for a while, and the platform is killed once and started again with what it had kept.
 */
export const exchangeMessages = async (options: ExchangeOptions): Promise<Exchange> => {
  const { agents, seconds, awaySeconds, random = Math.random, progress = () => undefined } = options;
  const data = mkdtempSync(join(tmpdir(), 'muster-messages-'));
  const port = await freePort();
  let platform = await PlatformProcess.start(port, data);
  const lines = new DirectLines(port);
  const shaky = new LineToPlatform(port);
  const crowd = new Crowd(options);
  let drops = 0;
  let stopDrops = (): void => undefined;
  try {
    await shaky.open();
    const { ws, apiKey } = platform.ready;
    const urlOf = (index: number): string => {
      const url = new URL(ws);
      if (index < agents / 10) url.port = String(shaky.port);
      return url.href;
    };
    await crowd.start(urlOf, apiKey);
    progress(`${agents} agents are connected`);
    stopDrops = every(1000, () => {
      drops += lines.cutSome(0.01, random);
    });
    const leave = async (): Promise<void> => {
      await wait(seconds * 100);
      await shaky.cut();
      await wait(awaySeconds * 1000);
      await shaky.open();
    };
    let downMs = 0;
    const die = async (): Promise<void> => {
      await wait(seconds * 600);
      const at = performance.now();
      progress(`${crowd.ledger.verdict().acknowledged} acknowledged; the platform is killed`);
      await platform.kill();
      platform = await PlatformProcess.start(port, data);
      while (crowd.connected === 0) await wait(20);
      downMs = performance.now() - at;
      progress(`it is back after ${(downMs / 1000).toFixed(1)} s`);
    };
    const startedAt = performance.now();
    const [endedAt] = await Promise.all([crowd.talk().then(() => performance.now()), leave(), die()]);
    stopDrops();
    progress(`all is said; ${crowd.ledger.missing()} messages have not arrived yet`);
    while (crowd.ledger.missing() > 0 && performance.now() - endedAt < settleLimitMs) await wait(100);
    const settleMs = performance.now() - endedAt;
    const verdict = crowd.ledger.verdict();
    const perSecond = verdict.acknowledged / ((endedAt - startedAt) / 1000);
    return {
      ...verdict,
      perSecond,
      perSecondUp: (perSecond * (endedAt - startedAt)) / (endedAt - startedAt - downMs),
      bestSecond: crowd.bestSecond,
      refused: crowd.refused,
      drops,
      downMs,
      settleMs,
    };
  } finally {
    stopDrops();
    await crowd.stop();
    lines.release();
    await shaky.cut();
    await platform.kill();
    rmSync(data, { recursive: true, force: true });
  }
};
