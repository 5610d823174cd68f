import assert from 'node:assert/strict';
import type { TaskId } from '#core/contract/ids.ts';
import type { Key } from '#core/contract/keys.ts';
import { AppError } from '#core/errors/app-error.ts';
import type { Services } from '#core/services.ts';
import type { Item, Put, Remove, Table, Update, Written } from '#core/table/table.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import type { InMemoryTable } from '#test/support/in-memory-table.ts';
import { createWorld, type TestAgent, type World } from '#test/unit/core/world.ts';
import { ClauseLog, type Guards, writeName } from '../clause-log.ts';
import type { Court } from '../court.ts';
import { judge } from '../monitor.ts';

/** One interleaving in which one clause, and no other, keeps something from going wrong. */
export interface Scenario {
  readonly write: string;
  readonly clause: string;
  /** What happens, and must come out well. */
  readonly title: string;
  play(scene: Scene): Promise<void>;
}

type Operation = 'put' | 'update' | 'remove';

const keyText = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/** A world in which a write can be held back while something else happens, and every write is judged. */
export class Scene {
  readonly world: World = createWorld();
  readonly services: Services = this.world.services;
  readonly clauses: ClauseLog;
  readonly table: Table;
  private readonly stored: InMemoryTable = this.world.ports.table;
  private readonly items = new Map<string, Item>();
  private held: { readonly write: string; readonly meanwhile: () => Promise<unknown> } | undefined;

  constructor(drop?: Guards) {
    this.clauses = new ClauseLog(drop);
    this.table = {
      ...this.stored,
      put: (request) => this.write('put', request, (sent) => this.stored.put(sent)),
      update: (request) => this.write('update', request, (sent) => this.stored.update(sent)),
      remove: (request) => this.write('remove', request, (sent) => this.stored.remove(sent)),
    };
    Object.assign(this.services, { table: this.table });
  }

  /** The agent sends its result, which says whose it is: the judges look at that. */
  async finish(agent: TestAgent, taskId: TaskId, ofAttempt?: number): Promise<void> {
    const { attempt } = await this.world.task(taskId);
    const said = ofAttempt ?? Math.max(1, attempt);
    const output = { by: agent.agentId, taskId, attempt: said };
    await completeTask(this.services, agent, { taskId, attempt: said, output });
  }

  /** Once, just before the next write of this name reaches the table, something else happens. */
  before(write: string, meanwhile: () => Promise<unknown>): void {
    this.held = { write, meanwhile };
  }

  /** What was held back did happen: a scenario whose moment never came shows nothing. */
  end(): void {
    assert.equal(this.held, undefined, `no write "${this.held?.write}" came by`);
  }

  /** Takes an item away, as its time to live does. */
  expire(key: Key): void {
    this.stored.load(this.stored.items().filter(({ pk, sk }) => pk !== key.pk || sk !== key.sk));
    this.items.delete(keyText(key));
  }

  private async write<Request extends Put | Update | Remove>(
    operation: Operation,
    request: Request,
    send: (request: Request) => Promise<Written>,
  ): Promise<Written> {
    const name = writeName(operation, request);
    if (this.held?.write === name) {
      const { meanwhile } = this.held;
      this.held = undefined;
      await meanwhile();
    }
    const before = this.items.get(keyText(request.key));
    this.clauses.note(name, request.clauses, before);
    const written = await send({ ...request, clauses: this.clauses.pass(name, request.clauses) });
    if (!written.won) return written;
    const after = operation === 'remove' ? undefined : written.item;
    if (after === undefined) this.items.delete(keyText(request.key));
    else this.items.set(keyText(request.key), after);
    judge(this.court, request.key, { by: name, operation, before, after });
    return written;
  }

  private get court(): Court {
    return {
      violate: (rule, message) => assert.fail(`${rule}: ${message}`),
      trace: () => undefined,
      item: (key) => this.items.get(keyText(key)),
    };
  }
}

/** Waits for a use case that says no. */
export const refused = async (useCase: Promise<unknown>): Promise<void> => {
  await assert.rejects(useCase, AppError);
};

/** For a use case that may be refused or not: what matters is what is left behind. */
export const orRefused = async (useCase: Promise<unknown>): Promise<void> => {
  try {
    await useCase;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
};

/** What is wrong after a scenario, if anything. */
export const playScenario = async (
  scenario: Scenario,
  drop?: Guards,
): Promise<{ readonly fault: string | undefined; readonly clauses: ClauseLog }> => {
  const scene = new Scene(drop);
  try {
    await scenario.play(scene);
    scene.end();
    return { fault: undefined, clauses: scene.clauses };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), clauses: scene.clauses };
  }
};
