import { removeAgent } from '#core/agents/remove-agent.ts';
import type { RunId } from '#core/contract/ids.ts';
import { keys, stageIdOf } from '#core/contract/keys.ts';
import { isTerminal } from '#core/contract/task.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Agent } from './agent.ts';
import { honest } from './agent-words.ts';
import { type Chance, createChance } from './chance.ts';
import type { Client } from './clients.ts';
import type { Platform } from './platform.ts';

// The first two are long, and not played in the first seeds.
const dramas = [
  'a large run is given up',
  'a full hall',
  'half a removal',
  'a run is late',
  'a hierarchy at work',
  'a graph breaks',
  'large outputs',
  'a late result',
  'a policy goes',
  'leaders come and go',
  'a line is cut short',
] as const;
type Drama = (typeof dramas)[number];

const code = { capabilities: ['code'] };

/** Two of them for a tenant of a seed, in turn: a dozen seeds play every one several times. */
export const dramasOf = (seed: number, tenant: string): readonly Drama[] => {
  const first = 2 * seed + (tenant === 'acme' ? 0 : 2);
  return dramas.filter((_, index) => [first, first + 1].some((number) => number % dramas.length === index));
};

/** What seldom happens by itself, and so would take many seeds to be seen. */
export class Dramas {
  private readonly platform: Platform;
  private readonly client: Client;
  private readonly principal: Principal;
  private readonly chance: Chance;
  private count = 0;

  constructor(platform: Platform, client: Client, principal: Principal) {
    this.platform = platform;
    this.client = client;
    this.principal = principal;
    this.chance = createChance(platform.world.seed, principal.tenant === 'acme' ? 6 : 7);
  }

  begin(stormMs: number, agents: readonly Agent[]): void {
    const plays: Readonly<Record<Drama, () => void>> = {
      'half a removal': () => this.removeByHalf(agents),
      'a large run is given up': () => this.giveUp(),
      'a run is late': () => this.dither(),
      'a hierarchy at work': () => this.run('small-hierarchy'),
      'a graph breaks': () => this.run('graph'),
      'large outputs': () => this.run('bulky'),
      'a late result': () => this.beLate(agents),
      'a policy goes': () => this.changeMind(),
      'leaders come and go': () => this.elect(),
      // The correspondence has it.
      'a full hall': () => undefined,
      'a line is cut short': () => this.cutShort(),
    };
    // What makes hundreds of tasks comes to nothing in the storm, and is given up in the calm.
    for (const drama of dramasOf(this.platform.world.seed, this.principal.tenant))
      for (const part of drama === 'a large run is given up' ? [0.9] : [0, 0.3, 0.6])
        this.after(stormMs * (part + 0.1 * this.chance.fraction()), plays[drama]);
  }

  private after(delayMs: number, run: () => void): void {
    this.platform.world.scheduler.after(delayMs, run);
  }

  private key(): string {
    this.count += 1;
    return `drama-${this.count}`;
  }

  private run(workflow: string, input = {}): void {
    this.client.run(this.key(), { workflow, input });
  }

  /** The handler of a removal runs out of time half way, and nobody asks again. */
  private removeByHalf(agents: readonly Agent[]): void {
    const { platform, principal, chance } = this;
    for (const { agentId, isOnline } of agents)
      if (isOnline)
        void platform.handle(
          'remove by half',
          principal.tenant,
          (services) => removeAgent(services, principal, agentId),
          chance.between(30, 300),
        );
  }

  private liveRuns(workflow: string): readonly { readonly runId: RunId; readonly executionArn?: string | undefined }[] {
    const { tenant } = this.principal;
    return this.platform.monitor
      .runs()
      .filter((run) => run.tenant === tenant && run.workflow === workflow && !isTerminal(run.status));
  }

  /** A run is cancelled as soon as it has more open tasks than one request ends. */
  private giveUp(): void {
    this.run('sum-up', { list: Array.from({ length: 440 }, (_, index) => index) });
    const look = (tries: number): void => {
      const large = this.liveRuns('sum-up').filter(({ runId }) => this.openMembers(runId) > 205);
      for (const { runId } of large) this.client.cancelRun(runId);
      if (large.length === 0 && tries > 0) this.after(500, () => look(tries - 1));
    };
    this.after(1000, () => look(120));
  }

  private openMembers(runId: RunId): number {
    const { pk } = keys.marker(this.principal.tenant, stageIdOf(runId, 1), 0);
    return [...this.platform.monitor.items.keys()].filter((key) => key.startsWith(`${pk} OPEN#`)).length;
  }

  /** A run is paused and resumed while its stages are being made, until its time is over. */
  private dither(): void {
    const { chance, client } = this;
    this.run('hurried');
    for (let delayMs = 100; delayMs < 12_000; delayMs += chance.between(150, 900))
      this.after(delayMs, () => {
        for (const { runId } of this.liveRuns('hurried')) {
          client.pauseRun(runId);
          this.after(chance.between(20, 400), () => client.resumeRun(runId));
        }
      });
  }

  /** Somebody works on what was taken from them, and says what came of it. */
  private beLate([agent]: readonly Agent[]): void {
    if (agent === undefined) return;
    agent.isStubborn = true;
    agent.temper = { ...honest, workMs: [20_000, 40_000] };
    for (let count = 0; count < 3; count++)
      this.client.submit(
        this.key(),
        {
          type: 'build',
          requirements: code,
          timeoutSeconds: 7200,
          attemptTimeoutSeconds: 10,
          retry: { maxAttempts: 6, backoffMs: 500 },
        },
        12,
      );
  }

  /** An approval by a policy that is gone when the same is asked for again; and clocks that differ by less than a second. */
  private changeMind(): void {
    const { chance, client, platform } = this;
    for (const environment of platform.world.environments)
      if (environment.skew === 0) environment.skew = chance.between(-700, 700);
    const contacts = ['first', 'second', 'third'].map((name) => ({
      name,
      answerWithinSeconds: 5,
      remindAfterSeconds: 2,
    }));
    const key = this.key();
    const ask = (): void =>
      client.submit(key, { type: 'ask', kind: 'approval', approval: { policy: 'brief' }, timeoutSeconds: 600 }, 4);
    client.settle({ escalationPolicies: { brief: { contacts } } });
    for (const delayMs of [3000, 50_000]) this.after(delayMs, ask);
    this.after(25_000, () => client.settle({}));
  }

  /** Leaders whose tasks are taken from them. */
  private elect(): void {
    const { chance, client, platform, principal } = this;
    this.run('lead');
    for (let delayMs = 2000; delayMs < 60_000; delayMs += chance.between(1000, 4000))
      this.after(delayMs, () => {
        const led = platform.monitor
          .tasks()
          .filter((task) => task.tenant === principal.tenant && task.term !== undefined && !isTerminal(task.status));
        if (led.length > 0 && chance.happens(0.3)) client.cancel(chance.pick(led).taskId);
      });
  }

  /** Runs are cancelled while their states are entered again and again. */
  private cutShort(): void {
    const { chance, client, platform } = this;
    for (const workflow of ['line', 'steps']) this.run(workflow);
    this.after(chance.between(300, 4000), () => {
      for (const { runId, executionArn = '' } of ['line', 'steps'].flatMap((workflow) => this.liveRuns(workflow))) {
        client.cancelRun(runId);
        for (let delayMs = 0; delayMs < 200; delayMs += 10)
          this.after(delayMs, () => platform.executions.reenter(executionArn));
      }
    });
  }
}
