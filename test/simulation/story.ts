import { listAgentViews, readAgentView } from '#core/agents/agent-view.ts';
import { listActions } from '#core/audit/record-action.ts';
import { AgentRegistration } from '#core/contract/agent.ts';
import { TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { isTerminal } from '#core/contract/task.ts';
import { listDeadLetters } from '#core/dead-letters/dead-letters.ts';
import type { Subject } from '#core/event-log/follow-log.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import { Principal } from '#core/identity/principal.ts';
import type { Run } from '#core/runs/run.ts';
import { listRunViews, readRunView } from '#core/runs/run-view.ts';
import { listWorkflowViews } from '#core/runs/workflow-view.ts';
import { listTaskViews, readTaskView } from '#core/tasks/task-view.ts';
import { readSettings } from '#core/tenants/settings.ts';
import { Agent } from './agent.ts';
import { honest } from './agent-words.ts';
import type { Chance } from './chance.ts';
import { Client } from './clients.ts';
import { Dramas, dramasOf } from './dramas.ts';
import { Emergency } from './emergency.ts';
import type { Peer } from './gateway.ts';
import { beHostile } from './hostile.ts';
import { Correspondence } from './messages/correspondence.ts';
import { modes } from './modes/modes.ts';
import { Office } from './office.ts';
import type { Platform } from './platform.ts';
import { batchTypes, capabilities, runOf, settingsOf, submissionOf, temperOf, updateOf } from './plots.ts';

const silent: Peer = { onFrame: () => undefined, onClose: () => undefined };

/** One tenant's people and agents, and what they do to each other. */
export class Tenant {
  readonly name: string;
  readonly client: Client;
  readonly agents: readonly Agent[];
  private readonly hostile: Agent;
  private readonly platform: Platform;
  private readonly chance: Chance;
  private readonly watcher: Agent;
  private readonly office: Office;
  readonly correspondence: Correspondence;
  private readonly emergency: Emergency;
  private readonly dramas: Dramas;
  /** Somebody whose key ends soon. */
  private readonly guest: Principal;
  private submissions = 0;
  private readonly hasRemovals: boolean;

  constructor(platform: Platform, name: string) {
    this.platform = platform;
    this.name = name;
    this.chance = platform.world.storyChance;
    const isRemovedByHalf = dramasOf(platform.world.seed, name).includes('half a removal');
    this.hasRemovals = this.chance.happens(0.5) || isRemovedByHalf;
    const tenant = TenantId.parse(name);
    const principal = (id: string): Principal => Principal.parse({ tenant, id: `key:${id}`, role: 'admin' });
    this.client = new Client(platform, principal('client'));
    this.office = new Office(platform, this.client, principal('client'));
    this.emergency = new Emergency(platform, this.client, tenant);
    this.dramas = new Dramas(platform, this.client, principal('client'));
    this.guest = { ...principal('guest'), endsAt: platform.world.now + this.chance.between(30_000, 120_000) };
    // The first can do everything and has room for two: whatever is asked for can be done by somebody.
    const count = this.chance.between(1, 4);
    this.agents = Array.from({ length: count }, (_, index) => {
      const agent = new Agent(platform, principal('agents'), {
        name: `${name}-a${index}`,
        capabilities: index === 0 ? [...capabilities] : [this.chance.pick(capabilities)],
        maxConcurrency: index === 0 ? this.chance.between(2, 4) : this.chance.between(1, 3),
        ...(this.chance.happens(0.4) ? { batchTypes: [...batchTypes] } : {}),
        ...(index === 2 ? { taskTypes: ['build', 'child', 'vote', 'part', 'item'] } : {}),
      });
      if (index === 1) agent.cannot = ['summary'];
      agent.temper = temperOf(this.chance);
      return agent;
    });
    this.hostile = new Agent(platform, principal('hostile'), { name: `${name}-evil`, capabilities: ['nothing'] });
    this.watcher = new Agent(platform, principal('watcher'), { name: `${name}-watcher`, capabilities: ['watching'] });
    this.correspondence = new Correspondence(platform, this.client, principal);
  }

  get everybody(): readonly Agent[] {
    return [...this.agents, this.hostile, this.watcher, ...this.correspondence.agents];
  }

  /** What was there before. */
  async prepare(): Promise<void> {
    for (const { principal } of this.everybody) await this.platform.addKey(principal);
    await this.platform.addKey(this.guest);
    await this.correspondence.prepare();
  }

  /** Every workflow; of one several versions. */
  private define(): void {
    const workflows = modes.flatMap((plot) => plot.workflows);
    for (const definition of workflows) this.client.define(definition);
    for (const description of ['one', 'two', 'three'])
      for (const definition of workflows.slice(0, 1))
        this.within(20_000, () => this.client.define({ ...definition, description }));
  }

  begin(stormMs: number): void {
    const { chance } = this;
    this.define();
    for (const agent of this.agents) this.within(10_000, () => agent.wake());
    this.watcher.start();
    this.within(20_000, () => this.office.plan('later'));
    this.within(10_000, () => void this.platform.connect(this.guest, silent));
    const { weather } = this.platform.world;
    if (weather.malice > 0) {
      this.hostile.start();
      this.every(stormMs, 8000, () => beHostile(this.platform, this.hostile, this.victims()));
    }
    const tasks = chance.between(5, 25);
    for (let count = 0; count < tasks; count++) this.within(stormMs, () => this.submit());
    if (chance.happens(0.5)) this.within(stormMs, () => this.burst());
    const runs = chance.between(0, 3);
    for (let count = 0; count < runs; count++) this.within(stormMs / 2, () => this.startRun(`run-${count}`, stormMs));
    this.every(stormMs, 40_000, () => this.operate());
    this.every(stormMs, 60_000, () => this.look());
    this.every(stormMs, 15_000, () => this.office.act(this.agents));
    this.every(stormMs, 20_000, () => this.office.share());
    this.every(stormMs, 20_000, () => this.office.answer());
    if (chance.happens(0.1)) this.within(stormMs, () => this.office.close());
    if (chance.happens(0.15)) this.within(stormMs, () => this.emergency.strike());
    if (chance.happens(0.2)) this.within(stormMs, () => this.dismiss(this.hostile));
    this.every(stormMs, 10_000, () => this.acceptLate());
    this.correspondence.begin();
    for (const agent of this.correspondence.agents) this.within(10_000, () => agent.wake());
    this.every(stormMs, 5000, () => this.correspondence.act());
    for (const agent of [...this.agents, this.watcher, ...this.correspondence.agents])
      this.every(stormMs, weather.agentTroubleMs, () => this.trouble(agent));
    if (chance.happens(0.06)) this.crowd();
    this.dramas.begin(stormMs, this.agents);
  }

  /**
   * Agents whose ids and names a hostile one tries to take: those that have them. What a removal frees may be taken by
   * anybody, so where agents are removed nobody tries.
   */
  private victims(): readonly Agent[] {
    const { monitor } = this.platform;
    return this.hasRemovals
      ? []
      : this.agents.filter(({ agentId }) => monitor.item(keys.profile(this.name, agentId)) !== undefined);
  }

  /** Everybody behaves from now on: processes run, nobody is deaf or paused. */
  makePeace(): void {
    for (const agent of this.everybody) {
      agent.temper = honest;
      agent.isDeaf = false;
      agent.isStubborn = false;
      agent.thaw();
      if (agent !== this.hostile) this.within(5000, () => agent.wake());
    }
    for (const delay of [10_000, 60_000, 200_000]) {
      this.platform.world.scheduler.after(delay, () => this.resumeAll());
      this.platform.world.scheduler.after(delay, () => this.emergency.end());
      this.platform.world.scheduler.after(delay, () => this.office.open());
    }
    for (const agent of this.agents) {
      for (const delay of [10_000, 60_000, 200_000])
        this.platform.world.scheduler.after(delay, () =>
          this.client.operate(agent, {
            status: 'active',
            state: 'idle',
            maxConcurrency: agent.registration.maxConcurrency,
            capabilities: AgentRegistration.parse(agent.registration).capabilities,
          }),
        );
    }
  }

  /** More idle agents than a dispatcher looks at first. */
  private crowd(): void {
    // Now and then more than the widest look sees.
    const size = this.chance.happens(0.4) ? 110 : 24;
    for (let count = 0; count < size; count++) {
      const name = `${this.name}-crowd${count}`;
      const extra = new Agent(this.platform, this.agents[0]?.principal ?? this.watcher.principal, {
        name,
        capabilities: ['code'],
        maxConcurrency: 1,
      });
      this.within(20_000, () => extra.start());
    }
  }

  /** A key is revoked while its owner is connected, who tries for a while to come back. */
  private dismiss(agent: Agent): void {
    this.office.revoke(agent.principal);
    this.platform.world.scheduler.after(20_000, () => agent.crash('told'));
  }

  private within(ms: number, run: () => void): void {
    this.platform.world.scheduler.after(this.chance.between(0, ms), run);
  }

  private every(untilMs: number, meanMs: number, run: () => void): void {
    if (meanMs === Infinity) return;
    const { scheduler } = this.platform.world;
    const end = scheduler.now() + untilMs;
    const next = (): void =>
      scheduler.after(-Math.log(1 - this.chance.fraction()) * meanMs, () => {
        if (scheduler.now() > end) return;
        run();
        next();
      });
    next();
  }

  private submit(): void {
    const { chance } = this;
    this.submissions += 1;
    const key = `task-${this.submissions}`;
    const submission = submissionOf(chance, this.agents, this.platform.world.now);
    if (chance.happens(0.2)) this.watcher.send('task.submit', { task: submission });
    this.client.submit(key, submission, chance.happens(0.2) ? 1 : 12);
    if (chance.happens(0.05)) this.platform.world.scheduler.after(60_000, () => this.client.misuse(key, 'other'));
    if (chance.happens(0.15)) this.within(60_000, () => this.cancelSome());
    if (chance.happens(0.15)) this.within(120_000, () => this.repair(key));
  }

  /** What an operator does about work that went wrong. */
  private repair(key: string): void {
    const { chance, client, platform } = this;
    const mine = platform.monitor.tasks().filter((task) => task.tenant === this.name && task.place === undefined);
    const ended = mine.filter(({ status }) => isTerminal(status));
    if (chance.happens(0.3)) client.redrive(`redrive ${key}`);
    if (ended.length > 0) client.retry(chance.pick(ended).taskId, `retry ${key}`);
  }

  /** An operator who takes late results for good, now and then. */
  private acceptLate(): void {
    const { chance, client, platform } = this;
    const open = platform.monitor.tasks().filter((task) => task.tenant === this.name && !isTerminal(task.status));
    const late = open.filter((task) => platform.monitor.lateAttempts(task).length > 0);
    if (late.length === 0) return;
    const { taskId, tenant } = chance.pick(late);
    client.acceptLate({ taskId, attempt: chance.pick(platform.monitor.lateAttempts({ taskId, tenant })) });
  }

  /** Several at once: dispatchers meet at the same last slot. */
  private burst(): void {
    for (let count = 0; count < 8; count++) this.submit();
  }

  private cancelSome(): void {
    const { accepted } = this.client;
    if (accepted.size > 0) this.client.cancel(this.chance.pick([...accepted]));
  }

  private startRun(key: string, stormMs: number): void {
    const { chance, platform } = this;
    this.client.run(key, runOf(chance));
    this.within(stormMs, () => {
      const runs = platform.monitor.runs().filter((run) => run.tenant === this.name);
      if (runs.length === 0) return;
      const run = chance.pick(runs);
      const arn = run.executionArn ?? '';
      const what = chance.between(0, 9);
      if (what < 2) this.client.cancelRun(run.runId);
      else if (what > 6) this.pauseFor(run.runId);
      else if (what === 2) platform.executions.disturb(arn, 'ABORTED');
      else if (what === 3) platform.executions.disturb(arn, 'TIMED_OUT');
      else if (what === 4) platform.executions.reenter(arn);
      else if (what === 5) this.stopWhileEntered(arn, run.runId);
    });
  }

  private resumeAll(): void {
    for (const { tenant, runId, status } of this.platform.monitor.runs())
      if (tenant === this.name && status === 'PAUSED') this.client.resumeRun(runId);
  }

  /** Paused for a while; whoever pauses a run resumes it, and again when all is quiet. */
  private pauseFor(runId: Run['runId']): void {
    const { client, chance } = this;
    client.pauseRun(runId);
    this.platform.world.scheduler.after(chance.between(1000, 90_000), () => client.resumeRun(runId));
  }

  /** A state is entered again and again while its run is cancelled. */
  private stopWhileEntered(arn: string, runId: Run['runId']): void {
    const { executions, world } = this.platform;
    this.client.cancelRun(runId);
    for (let delayMs = 0; delayMs < 200; delayMs += 10) world.scheduler.after(delayMs, () => executions.reenter(arn));
  }

  private operate(): void {
    const { chance, client } = this;
    const agent = chance.pick(this.agents);
    const update = updateOf(chance);
    if (chance.happens(0.15)) return client.settle(settingsOf(chance));
    if (this.hasRemovals && chance.happens(0.12)) return client.remove(agent);
    if (chance.happens(0.5)) client.operate(agent, update);
    else agent.send('agent.update', update);
  }

  private look(): void {
    const { chance, client, platform, watcher } = this;
    const task = platform.monitor.tasks().find(({ tenant }) => tenant === this.name);
    const run = platform.monitor.runs().find(({ tenant }) => tenant === this.name);
    const agent = platform.monitor.slots().find(({ tenant }) => tenant === this.name);
    client.look('agents', (services, { tenant }) => listAgentViews(services, tenant, { limit: 10 }));
    client.look('tasks', (services, { tenant }) => listTaskViews(services, tenant, { limit: 10 }));
    client.look('dead letters', (services, { tenant }) => listDeadLetters(services, tenant, { limit: 10 }));
    client.look('runs', (services, { tenant }) => listRunViews(services, tenant, { limit: 10 }));
    client.look('settings', (services, { tenant }) => readSettings(services, tenant));
    client.look('audit', (services, { tenant }) =>
      listActions(services, tenant, { dayMs: services.clock.now(), limit: 10 }),
    );
    client.look('workflows', (services, { tenant }) => listWorkflowViews(services, tenant, { limit: 10 }));
    if (agent !== undefined)
      client.look('agent', (services, { tenant }) => readAgentView(services, tenant, agent.agentId));
    if (task !== undefined)
      client.look('explain', (services, { tenant }) => explainTask(services, tenant, task.taskId));
    if (task !== undefined) client.look('task', (services, { tenant }) => readTaskView(services, tenant, task.taskId));
    this.follow();
    if (run !== undefined) client.look('run', (services, { tenant }) => readRunView(services, tenant, run.runId));
    const topic = chance.pick([{ taskId: task?.taskId }, { runId: run?.runId }, { agentId: agent?.agentId }]);
    if (Object.values(topic).some((id) => id !== undefined))
      watcher.send(chance.happens(0.8) ? 'watch' : 'unwatch', topic);
    watcher.send('payload.prepare', { bytes: 100, sha256: 'a'.repeat(64) });
    if (task !== undefined && chance.happens(0.2)) watcher.send('task.cancel', { taskId: task.taskId });
  }

  /** Somebody asks for a log, over HTTP or a socket. */
  private follow(): void {
    const { chance, client, platform, watcher } = this;
    const own = ({ tenant }: { readonly tenant: string }): boolean => tenant === this.name;
    const subjects: readonly Subject[] = [
      ...platform.monitor
        .tasks()
        .filter(own)
        .slice(-10)
        .map(({ taskId }) => ({ taskId })),
      ...platform.monitor
        .runs()
        .filter(own)
        .slice(-3)
        .map(({ runId }) => ({ runId })),
    ];
    if (subjects.length === 0) return;
    const subject = chance.pick(subjects);
    if (chance.happens(0.7)) client.follow(subject);
    else watcher.send('watch', { ...subject, cursor: Math.floor(chance.between(0, 4)) });
  }

  private trouble(agent: Agent): void {
    const { chance, platform } = this;
    const { faults, scheduler } = platform.world;
    const kind = chance.pick([
      'crash',
      'silent crash',
      'drop',
      'drop',
      'freeze',
      'deaf',
      'takeover',
      'moody',
      'stubborn',
    ] as const);
    faults.note(`agent: ${kind}`);
    platform.world.trace(() => `agent ${agent.name}: ${kind}`);
    switch (kind) {
      case 'crash':
      case 'silent crash':
        agent.crash(kind === 'crash' ? 'told' : 'untold');
        scheduler.after(chance.between(500, 120_000), () => agent.wake());
        return;
      case 'drop':
        return agent.dropLine(chance.pick([300, 5000, 20_000, 90_000]));
      case 'freeze':
        return agent.freeze(chance.between(5000, 180_000));
      case 'deaf':
        agent.isDeaf = true;
        scheduler.after(chance.between(30_000, 150_000), () => {
          agent.isDeaf = false;
        });
        return;
      case 'stubborn':
        agent.isStubborn = true;
        scheduler.after(chance.between(60_000, 200_000), () => {
          agent.isStubborn = false;
        });
        return;
      case 'takeover':
        return agent.takeOver();
      case 'moody':
        agent.temper = temperOf(chance);
    }
  }
}
