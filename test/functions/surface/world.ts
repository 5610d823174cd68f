import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { AgentSocket, SurfacePlatform } from './platform.ts';

/** Read freely: each use says what it expects. */
const Body = z.any();

/** Parameters of the path, and what else a request must say to be taken. */
export interface Arrangement {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Fields that a generated body must have, for the request to make sense. */
  readonly fix?: Readonly<Record<string, unknown>>;
}

const parallel = (name: string) => ({
  name,
  mode: 'parallel',
  tasks: [{ id: 'x', type: 'x', requirements: { capabilities: ['never'] } }],
});

/** Things of one tenant, made as they are needed: some for every request, because it uses them up. */
export class SurfaceWorld {
  readonly key: string;
  readonly #platform: SurfacePlatform;
  #workflow: Promise<string> | undefined;
  #value: Promise<string> | undefined;

  constructor(platform: SurfacePlatform, key: string) {
    this.#platform = platform;
    this.key = key;
  }

  async call(request: string, body?: unknown): Promise<{ readonly body: z.infer<typeof Body> }> {
    const [method = '', path = ''] = request.split(' ');
    const answer = await this.#platform.send({
      method,
      target: `/v1${path}`,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      text: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.status >= 400) throw new Error(`${request}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return { body: Body.parse(answer.body) };
  }

  readonly name = (): string => `n-${randomUUID().slice(0, 13)}`;

  /** An agent that is connected. */
  async agent(): Promise<string> {
    const name = this.name();
    const socket = await this.#platform.connect(this.key, { name, capabilities: [name] });
    return String(socket.frames().find(({ type }) => type === 'agent.registered')?.payload['agentId']);
  }

  async draft(name = this.name()): Promise<string> {
    return String((await this.call('POST /agents', { name })).body.agentId);
  }

  async queued(): Promise<string> {
    const body = { type: 'x', requirements: { capabilities: ['never'] } };
    return String((await this.call('POST /tasks', body)).body.taskId);
  }

  async cancelled(): Promise<string> {
    const taskId = await this.queued();
    await this.call(`POST /tasks/${taskId}/cancel`, {});
    return taskId;
  }

  async approval(): Promise<string> {
    return String((await this.call('POST /tasks', { kind: 'approval', type: 'approval' })).body.taskId);
  }

  async escalation(): Promise<string> {
    return String((await this.call('POST /escalations', { severity: 'low', issue: 'x' })).body.taskId);
  }

  async workflow(name = this.name()): Promise<string> {
    await this.call('POST /workflows', parallel(name));
    return name;
  }

  /** A run that has just been started: its one task waits for ever. */
  async started(): Promise<string> {
    this.#workflow ??= this.workflow();
    return String((await this.call('POST /runs', { workflow: await this.#workflow })).body.runId);
  }

  async ended(): Promise<string> {
    const runId = await this.started();
    await this.#platform.endRun(this.key, runId);
    return runId;
  }

  async trigger(): Promise<string> {
    const workflow = await this.workflow();
    const name = this.name();
    await this.call('POST /triggers', { name, workflow, eventPattern: { source: ['x'] } });
    return name;
  }

  async state(): Promise<string> {
    const scope = this.name();
    await this.call('POST /state', { scope, ops: [{ op: 'increment', name: 'x' }] });
    return scope;
  }

  /** Scope and name of one value: made when it is first asked for. */
  value(): Promise<string> {
    this.#value ??= this.#newValue();
    return this.#value;
  }

  async #newValue(): Promise<string> {
    const name = this.name();
    await this.call('POST /values', { scope: name, name, value: 1, baseVersion: 0 });
    return name;
  }

  async conflict(): Promise<string> {
    const positions = ['a', 'b'].map((agentId) => ({ agentId, position: agentId, confidence: 0.5 }));
    return String((await this.call('POST /conflicts', { type: 'x', severity: 'low', positions })).body.conflictId);
  }

  async apiKey(): Promise<string> {
    return String((await this.call('POST /keys', { name: 'k', role: 'viewer' })).body.keyId);
  }

  async tenant(): Promise<string> {
    return String((await this.call('POST /tenants', { tenant: this.name() })).body.tenant);
  }

  /** A task that one agent has and another one, which turned it down, has answered all the same. */
  async late(): Promise<string> {
    const capability = this.name();
    const sockets = [await this.#connected(capability), await this.#connected(capability)];
    const body = { type: 'x', requirements: { capabilities: [capability] } };
    const taskId = String((await this.call('POST /tasks', body)).body.taskId);
    const holder = sockets.find((socket) => socket.frames().some(({ type }) => type === 'task.assigned'));
    await holder?.say('task.reject', { taskId, attempt: 1 });
    await holder?.say('task.result', { taskId, attempt: 1, output: 'late' });
    return taskId;
  }

  #connected(capability: string): Promise<AgentSocket> {
    return this.#platform.connect(this.key, { name: this.name(), capabilities: [capability] });
  }
}
