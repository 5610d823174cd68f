import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { lifecycleEffect } from '#core/contract/env.ts';
import { keys } from '#core/contract/keys.ts';
import { HandOnRequest, type TasksMessage, type TimerMessage } from '#core/contract/messages.ts';
import { settleWaiting } from '#core/escalations/settle-waiting.ts';
import type { ItemChange } from '#core/event-log/event-of-change.ts';
import { logChange } from '#core/event-log/log-change.ts';
import { hashSecret } from '#core/identity/api-key.ts';
import { authenticate } from '#core/identity/authenticate.ts';
import { openConnection } from '#core/identity/connection.ts';
import type { Principal } from '#core/identity/principal.ts';
import { spreadMessage } from '#core/messaging/spread-message.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { goOnCancelling } from '#core/runs/cancel-run.ts';
import { followTask } from '#core/runs/child-run.ts';
import { decideStep } from '#core/runs/decide-step.ts';
import { executionEnded } from '#core/runs/execution-ended.ts';
import { handOn } from '#core/runs/hand-on.ts';
import type { Services } from '#core/services.ts';
import { createChunk, createStage } from '#core/stages/create-stage.ts';
import { sweep } from '#core/sweep/sweep.ts';
import type { Item } from '#core/table/table.ts';
import { handleTimer } from '#core/timers/handle-timer.ts';
import { createInMemoryPayloads } from '#test/support/recording-ports.ts';
import { Channel } from './channel.ts';
import { type EndNotice, ExecutionsTwin, type Question } from './executions.ts';
import { Gateway, type Peer } from './gateway.ts';
import { type Ended, invoke } from './invocation.ts';
import { type ClientEnvelope, handleMessage } from './message-handler.ts';
import { Monitor } from './monitor.ts';
import { OrderedChannel } from './ordered-channel.ts';
import { type Backend, servicesFor } from './ports.ts';
import type { World } from './world.ts';

const handleTasksMessage = async (services: Services, message: TasksMessage): Promise<void> => {
  if (message.kind === 'stage') await createStage(services, message);
  else if (message.kind === 'chunk') await createChunk(services, message);
  else if (message.kind === 'follow') await followTask(services, message.tenant, message.taskId);
  else if (message.kind === 'cancel') await goOnCancelling(services, message);
  else if (message.kind === 'settle') await settleWaiting(services, message);
  else await spreadMessage(services, message);
};

export interface Published {
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface StreamRecord {
  readonly item: Item;
  readonly old: Item | undefined;
}

/** What passes the filters of the stream's mapping. */
const isRelayed = ({ sk, status, outbox, effects, endedAt }: Item): boolean =>
  outbox !== undefined ||
  (sk === 'RUN' && ['RUNNING', 'PAUSED', 'CANCELLING'].includes(String(status))) ||
  String(effects).startsWith(lifecycleEffect) ||
  (effects !== undefined && endedAt !== undefined);

/** The secret part of every key here. */
const secret = '0123456789012345678901234567';

/** The platform under test with everything around it: handlers as functions/ wires them, and the services they talk to. */
export class Platform implements Backend {
  readonly world: World;
  readonly monitor: Monitor;
  readonly gateway: Gateway;
  readonly executions: ExecutionsTwin;
  readonly payloads = createInMemoryPayloads();
  readonly published: Published[] = [];
  /** Deliveries to the fake bus may be repeated; sweeps that ran to their end. */
  sweeps = 0;
  readonly tasksQueue: Channel<TasksMessage>;
  readonly timersQueue: Channel<TimerMessage>;
  readonly stream: Channel<StreamRecord>;
  readonly logs: OrderedChannel<ItemChange>;
  readonly endNotices: Channel<EndNotice>;
  readonly questions: Channel<Question>;

  constructor(world: World) {
    this.world = world;
    this.monitor = new Monitor(world);
    this.gateway = new Gateway(
      world,
      (connectionId) =>
        void this.handle('disconnect', undefined, (services) => handleDisconnect(services, connectionId)),
    );
    const visibilityMs = world.chance.pick([10_000, 60_000, 180_000]);
    this.tasksQueue = new Channel(world, 'tasks message', visibilityMs, (message) =>
      this.isDone(`tasks:${message.kind}`, message.tenant, (services) => handleTasksMessage(services, message)),
    );
    this.timersQueue = new Channel(world, 'timer message', visibilityMs, (message) =>
      this.isDone(`timer:${message.kind}`, message.tenant, (services) => handleTimer(services, message)),
    );
    this.stream = new Channel(world, 'stream record', 5000, ({ item, old }) =>
      this.isDone('relay', String(item['tenant']), (services) => relayItem(services, item, old)),
    );
    this.logs = new OrderedChannel<ItemChange>(world, 'change to log', {
      keyOf: ({ after }) => String(after['pk']),
      receive: (change) =>
        this.isDone('log', String(change.after['tenant']), (services) => logChange(services, change)),
    });
    this.endNotices = new Channel(world, 'execution event', 60_000, (notice) =>
      this.isDone('execution-ended', notice.tenant, (services) => executionEnded(services, notice)),
    );
    // A failed invocation is repeated by the state's Retry; one that timed out may still go on beside its repeat.
    this.questions = new Channel(world, 'decision', 10_000, (question) => this.decide(question));
    this.executions = new ExecutionsTwin(world, {
      stage: (message) => this.tasksQueue.send(message),
      decide: (question) => this.questions.send(question),
      ended: (notice) => this.endNotices.send(notice),
    });
  }

  /** Runs a use case as one handler invocation. Never settles when the handler dies. */
  handle<T>(
    name: string,
    tenant: string | undefined,
    useCase: (services: Services) => Promise<T>,
    timeoutMs = 30_000,
  ): Promise<Ended<T>> {
    return invoke(this.world, { name, tenant, timeoutMs }, (invocation) => servicesFor(this, invocation), useCase);
  }

  /** Makes a key that `connect` then uses. It is there from the beginning: keys are not what is tried here. */
  async addKey(principal: Principal): Promise<void> {
    const { role, endsAt } = principal;
    const item = { secretHash: hashSecret(secret), role, ...(endsAt === undefined ? {} : { endsAt }) };
    const key = keys.apiKey(principal.tenant, principal.id.slice('key:'.length));
    await this.world.table.put({ key, item, clauses: {} });
    this.monitor.knows(key, { ...key, ...item });
  }

  /** Opens a socket; `undefined` when the platform did not take it. Never settles when the handler dies. */
  async connect(principal: Principal, peer: Peer): Promise<string | undefined> {
    const connectionId = this.gateway.open(principal, peer);
    const opened = await this.handle('connect', principal.tenant, async (services) => {
      const header = `Bearer mst_${principal.tenant}_${principal.id.slice('key:'.length)}_${secret}`;
      await openConnection(services, connectionId, await authenticate(services, header));
    });
    return opened.kind === 'done' ? connectionId : undefined;
  }

  /** A frame from the far end of a socket. */
  receive(connectionId: string, envelope: ClientEnvelope): void {
    const { chance, weather, faults, scheduler } = this.world;
    const principal = this.gateway.principalOf(connectionId);
    if (principal === undefined || !this.gateway.isOpen(connectionId)) return;
    this.world.trace(() => `← ${connectionId} ${envelope.type} ${JSON.stringify(envelope.payload).slice(0, 120)}`);
    const hand = (): void =>
      void this.handle(
        envelope.type,
        principal.tenant,
        (services) => handleMessage(services, connectionId, envelope),
        15_000,
      );
    scheduler.after(chance.between(1, 30), hand);
    if (!chance.happens(weather.duplicate / 2)) return;
    faults.note('replayed frame');
    scheduler.after(chance.between(1, 60_000), hand);
  }

  sendTasks(message: TasksMessage): void {
    this.tasksQueue.send(structuredClone(message));
  }

  sendTimer(message: TimerMessage, delayMs: number): void {
    if (!(delayMs <= 900_000)) throw new RangeError(`a timer of ${delayMs} ms`);
    this.timersQueue.send(structuredClone(message), delayMs);
  }

  publish(detailType: string, detail: Readonly<Record<string, unknown>>): void {
    this.published.push(structuredClone({ detailType, detail }));
  }

  streamed(item: Item, old?: Item): void {
    if (isRelayed(item)) this.stream.send({ item, old });
  }

  changed(before: Item | undefined, after: Item): void {
    if (after['taskLog'] !== undefined || after['runLog'] !== undefined) this.logs.send({ before, after });
  }

  /** Sweeps every virtual minute, for ever. */
  startSweeping(): void {
    const { scheduler } = this.world;
    const once = (): void => {
      void this.handle('sweep', undefined, sweep, 55_000).then((ended) => {
        if (ended.kind === 'done') this.sweeps += 1;
      });
      scheduler.after(60_000, once);
    };
    scheduler.after(this.world.chance.between(1000, 60_000), once);
  }

  private async decide(question: Question): Promise<boolean> {
    const { request } = question;
    const { data: waiting } = HandOnRequest.safeParse(request);
    if (waiting !== undefined) return this.isDone('hand on', request.tenant, (services) => handOn(services, waiting));
    const ended = await this.handle('decide', request.tenant, (services) => decideStep(services, request));
    if (ended.kind === 'done') this.executions.decided(question, ended.value);
    return ended.kind === 'done';
  }

  private async isDone(
    name: string,
    tenant: string | undefined,
    useCase: (services: Services) => Promise<void>,
  ): Promise<boolean> {
    return (await this.handle(name, tenant, useCase)).kind === 'done';
  }
}
