import * as z from 'zod';
import { hashUuid } from '#core/common/hash-id.ts';
import type { ClientFrameInput, ClientFrameType } from '#core/contract/client-frames.ts';
import { AgentId } from '#core/contract/ids.ts';
import { AssignedTask } from '#core/contract/task.ts';
import type { Principal } from '#core/identity/principal.ts';
import { type FinalWord, finalWord, honest, questionAbout, type Temper } from './agent-words.ts';
import type { Chance } from './chance.ts';
import type { Frame, Peer } from './gateway.ts';
import type { Platform } from './platform.ts';

/** Whoever shares the agent's connection: told of each before it is opened, and of every frame. */
export interface Companion {
  connecting(): void;
  take(frame: Frame): void;
}

interface Work {
  readonly attempt: number;
  /** Waits for a child that is being submitted. */
  isFamily?: boolean;
  /** The final word, once it is there; sent again until it is acknowledged. */
  answer?: FinalWord;
}

interface Line {
  readonly connectionId: string;
  seq: number;
  isRegistered: boolean;
}

const Batch = z.looseObject({ assignments: z.array(z.record(z.string(), z.unknown())).min(2) });

const resendMs = 5000;
const heartbeatMs = 30_000;

/**
 * One agent process that keeps the protocol: drops repeated assignments, beats every 30 s with what it works on, sends
 * results until they are acknowledged, stops and says so when told. Its owner can crash, freeze and deafen it.
 */
export class Agent {
  readonly name: string;
  /** As the platform derives it from tenant and name. */
  readonly agentId: AgentId;
  temper: Temper = honest;
  /** Types of task that it has no handler for, and has not said so when it registered. */
  cannot: readonly string[] = [];
  isDeaf = false;
  isFrozen = false;
  /** Works on, and says so, whatever it is told. */
  isStubborn = false;
  companion: Companion | undefined;
  /** Which process of this agent it is. */
  life = 0;
  private readonly platform: Platform;
  readonly principal: Principal;
  readonly registration: ClientFrameInput<'agent.register'>;
  readonly chance: Chance;
  private line: Line | undefined;
  private isRunning = false;
  private work = new Map<string, Work>();
  private inbox: (() => void)[] = [];
  private sent = new Map<string, string>();
  private envelopes = 0;
  private connecting = false;
  private offlineUntil = 0;

  constructor(platform: Platform, principal: Principal, registration: ClientFrameInput<'agent.register'>) {
    this.platform = platform;
    this.principal = principal;
    this.registration = registration;
    this.name = registration.name;
    this.agentId = AgentId.parse(`agt_${hashUuid('agent', principal.tenant, registration.name)}`);
    this.chance = platform.world.storyChance;
  }

  get isOnline(): boolean {
    return this.line?.isRegistered === true && !this.isFrozen && !this.isDeaf;
  }

  get connectionId(): string | undefined {
    return this.line?.connectionId;
  }

  /** Connects, registers and keeps beating until the process ends. */
  start(): void {
    this.life += 1;
    this.isRunning = true;
    const { life } = this;
    this.connect();
    const beat = (): void => {
      if (life !== this.life) return;
      this.whenAwake(() => this.beat());
      this.later(heartbeatMs, beat);
    };
    this.later(heartbeatMs, beat);
    const resend = (): void => {
      if (life !== this.life) return;
      this.whenAwake(() => this.resend());
      this.later(resendMs, resend);
    };
    this.later(resendMs, resend);
  }

  /** Starts the process when it is not running. */
  wake(): void {
    if (!this.isRunning) this.start();
  }

  /** The process dies and forgets everything; its socket may linger. */
  crash(notice: 'told' | 'untold'): void {
    this.life += 1;
    this.isRunning = false;
    const lost = this.line;
    this.line = undefined;
    this.work = new Map();
    this.inbox = [];
    this.isFrozen = false;
    this.connecting = false;
    if (lost === undefined) return;
    if (notice === 'told') this.platform.gateway.close(lost.connectionId);
    else
      this.later(this.chance.between(10_000, 600_000), () => this.platform.gateway.close(lost.connectionId, 'untold'));
  }

  /** The network fails; the process lives, notices after a while and comes back with its work. */
  dropLine(reconnectAfterMs: number): void {
    const lost = this.line;
    if (lost === undefined || !this.isRunning) return;
    this.line = undefined;
    this.platform.gateway.close(lost.connectionId);
    this.offlineUntil = this.platform.world.now + reconnectAfterMs;
  }

  /** Opens a second socket and leaves the first one open: a takeover. */
  takeOver(): void {
    if (!this.isRunning) return;
    this.line = undefined;
    this.connect();
  }

  freeze(forMs: number): void {
    if (!this.isRunning) return;
    this.isFrozen = true;
    const { life } = this;
    this.later(forMs, () => {
      if (life === this.life) this.thaw();
    });
  }

  thaw(): void {
    this.isFrozen = false;
    const waiting = this.inbox;
    this.inbox = [];
    for (const run of waiting) run();
  }

  private onFrame(frame: Frame): void {
    const { life } = this;
    this.whenAwake(() => {
      if (life === this.life) this.handle(frame);
    });
  }

  private onClose(): void {
    const { life } = this;
    this.whenAwake(() => {
      if (life !== this.life || this.line === undefined || this.platform.gateway.isOpen(this.line.connectionId)) return;
      this.line = undefined;
      this.later(this.chance.between(200, 8000), () => this.connect());
    });
  }

  send(type: ClientFrameType, payload: unknown): string {
    return this.sendAs(`${this.name}-${(this.envelopes += 1)}`, type, payload);
  }

  /** Sends a frame under an id: the same again is a repeat. */
  sendAs(id: string, type: ClientFrameType, payload: unknown): string {
    if (this.line === undefined) return id;
    this.line.seq += 1;
    this.platform.receive(this.line.connectionId, { type, id, seq: this.line.seq, payload });
    return id;
  }

  private later(delayMs: number, run: () => void): void {
    this.platform.world.scheduler.after(delayMs, run);
  }

  private whenAwake(run: () => void): void {
    if (this.isFrozen) this.inbox.push(run);
    else run();
  }

  private connect(): void {
    if (!this.isRunning || this.line !== undefined || this.connecting) return;
    if (this.platform.world.now < this.offlineUntil) return;
    this.connecting = true;
    this.companion?.connecting();
    const { life } = this;
    // A handshake that is not answered is tried again.
    let isAnswered = false;
    const retry = (): void => {
      if (isAnswered || life !== this.life) return;
      isAnswered = true;
      this.connecting = false;
      this.later(this.chance.between(500, 3000), () => this.whenAwake(() => life === this.life && this.connect()));
    };
    this.later(10_000, retry);
    const peer: Peer = {
      keepsOrder: this.companion !== undefined,
      onFrame: (frame) => (life === this.life ? this.onFrame(frame) : undefined),
      onClose: () => (life === this.life ? this.onClose() : undefined),
    };
    void this.platform.connect(this.principal, peer).then((connectionId) => {
      if (connectionId === undefined) return retry();
      if (isAnswered || life !== this.life) return this.platform.gateway.close(connectionId);
      isAnswered = true;
      this.connecting = false;
      this.line = { connectionId, seq: 0, isRegistered: false };
      this.register();
    });
  }

  private register(): void {
    const tasks = [...this.work].map(([taskId, { attempt }]) => ({ taskId, attempt }));
    this.send('agent.register', { ...this.registration, ...(tasks.length === 0 ? {} : { resume: { tasks } }) });
  }

  private beat(): void {
    if (this.line?.isRegistered !== true) return;
    const listed = this.isDeaf ? [] : [...this.work].map(([taskId, { attempt }]) => ({ taskId, attempt }));
    this.send('agent.heartbeat', { tasks: listed.slice(0, 100), metrics: { cpu: 0.5 } });
  }

  private resend(): void {
    if (this.line === undefined) return this.connect();
    if (!this.line.isRegistered) return this.register();
    for (const [taskId, work] of this.work) {
      if (work.isFamily === true && work.answer === undefined) this.delegate(taskId);
      this.answer(taskId, work);
    }
  }

  private answer(taskId: string, { answer }: Work): void {
    if (answer === undefined || this.line?.isRegistered !== true) return;
    this.sent.set(this.send(answer.type, answer.payload), taskId);
  }

  private handle(frame: Frame): void {
    const { payload } = frame;
    const taskId = typeof payload['taskId'] === 'string' ? payload['taskId'] : '';
    if (frame.type === 'agent.registered' && this.line !== undefined) this.line.isRegistered = true;
    this.companion?.take(frame);
    switch (frame.type) {
      case 'task.assigned':
        return this.begin(payload);
      case 'task.batch':
        return Batch.parse(payload).assignments.forEach((assignment) => this.begin(assignment));
      case 'task.cancel':
        return this.stop(taskId, Number(payload['attempt']));
      case 'lease.lost':
        return this.forget(taskId, Number(payload['attempt']));
      default:
        return this.handleAnswer(frame, taskId);
    }
  }

  /** What answers a frame of its own. */
  private handleAnswer({ type, payload, correlationId = '' }: Frame, taskId: string): void {
    switch (type) {
      case 'task.submitted':
        return this.wait(correlationId, taskId);
      case 'secret.value':
        return this.open(String(payload['value']));
      case 'ack':
        return this.acknowledged(String(payload['id']));
      case 'error':
        return this.refused(String(payload['id']), String(payload['code']));
    }
  }

  /** S9, of what is most worth keeping apart. */
  private open(value: string): void {
    const { tenant } = this.principal;
    if (!value.endsWith(` of ${tenant}`))
      this.platform.world.violate('S9 tenants never mix', `${this.name} is given ${value}`);
  }

  private stop(taskId: string, attempt: number): void {
    if (this.isStubborn) return;
    this.work.delete(taskId);
    this.later(this.chance.between(10, 4000), () => void this.send('task.released', { taskId, attempt }));
  }

  private forget(taskId: string, attempt: number): void {
    if (!this.isStubborn && this.work.get(taskId)?.attempt === attempt) this.work.delete(taskId);
  }

  private acknowledged(id: string): void {
    const taskId = this.sent.get(id);
    if (taskId !== undefined && this.work.get(taskId)?.answer !== undefined) this.work.delete(taskId);
    this.sent.delete(id);
  }

  private refused(id: string, code: string): void {
    if (code === 'STALE_CONNECTION') {
      const { line } = this;
      if (line === undefined) return;
      this.line = undefined;
      this.platform.gateway.close(line.connectionId);
      this.later(this.chance.between(100, 2000), () => this.connect());
      return;
    }
    if (code === 'NOT_REGISTERED') {
      if (this.line !== undefined) this.line.isRegistered = false;
      return;
    }
    if ((code === 'INVALID_FIELD' || code === 'NOT_FOUND') && this.answerOtherwise(id)) return;
    if (code === 'STALE_ATTEMPT' || code === 'ALREADY_TERMINAL' || code === 'NOT_FOUND') this.acknowledged(id);
  }

  /** What was handed over to nobody who may have it is done after all. */
  private answerOtherwise(id: string): boolean {
    const taskId = this.sent.get(id) ?? '';
    const work = this.work.get(taskId);
    if (work?.answer?.type !== 'task.handoff') return false;
    const { attempt } = work;
    const error = { code: 'BROKEN', message: 'nobody may have it', retryable: true };
    work.answer = { type: 'task.fail', payload: { taskId, attempt, error } };
    this.answer(taskId, work);
    return true;
  }

  private begin(payload: Frame['payload']): void {
    if (this.isDeaf) return;
    const task = AssignedTask.parse(payload['task']);
    const attempt = Number(payload['attempt']);
    const { taskId } = task;
    const known = this.work.get(taskId);
    if (known !== undefined && known.attempt >= attempt) return this.answer(taskId, known);
    const work: Work = { attempt };
    this.work.set(taskId, work);
    const { life } = this;
    if (task.ackTimeoutMs !== undefined) this.send('task.accept', { taskId, attempt });
    if (this.chance.happens(0.2))
      this.later(
        this.chance.between(10, 1000),
        () =>
          void (
            this.work.get(taskId) === work &&
            this.send('task.progress', { taskId, attempt, percent: 50, message: 'half', workState: { half: attempt } })
          ),
      );
    if (this.chance.happens(0.08)) this.ask(taskId);
    for (const name of task.secrets ?? []) this.send('secret.get', { taskId, attempt, name });
    if (task.type === 'family' && task.children === undefined) {
      work.isFamily = true;
      if (task.term !== undefined) this.mayLoseLead(taskId);
      return this.delegate(taskId);
    }
    this.later(this.chance.between(...this.temper.workMs), () =>
      this.whenAwake(() => {
        if (life !== this.life || this.work.get(taskId) !== work) return;
        work.answer = finalWord(task, attempt, this);
        this.answer(taskId, work);
      }),
    );
  }

  private ask(taskId: string): void {
    const { type, payload } = questionAbout(taskId, this);
    this.sendAs(`ask:${taskId}`, type, payload);
  }

  /** Now and then a leader's task is cancelled just as it gives out part of it. */
  private mayLoseLead(taskId: string): void {
    if (this.chance.happens(0.3))
      this.later(this.chance.between(0, 150), () => void this.send('task.cancel', { taskId, reason: 'not by you' }));
  }

  /** Hands part of a task to others; the same request every time, so it is one child however often it is sent. */
  private delegate(taskId: string): void {
    const child = { type: 'child', requirements: { capabilities: ['code'] }, timeoutSeconds: 7200 };
    this.sendAs(`child:${taskId}`, 'task.submit', { task: child, parentTask: taskId });
  }

  private wait(id: string, child: string): void {
    const [, taskId = ''] = id.split(':');
    const work = this.work.get(taskId);
    if (work === undefined || work.answer !== undefined) return;
    const { attempt } = work;
    work.answer = { type: 'task.wait', payload: { taskId, attempt, children: [child], workState: { half: true } } };
    this.answer(taskId, work);
  }
}
