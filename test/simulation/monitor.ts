import type { Slots } from '#core/agents/agent.ts';
import { type Key, keys } from '#core/contract/keys.ts';
import type { Run } from '#core/runs/run.ts';
import type { Stage } from '#core/stages/stage.ts';
import type { Item } from '#core/table/table.ts';
import type { Task } from '#core/tasks/task.ts';
import { type Change, type Court, runIn, slotsIn, stageIn, taskIn } from './court.ts';
import { type Invocation, label } from './invocation.ts';
import { judgeRun, judgeStage } from './judge-coordination.ts';
import { judgeRecord } from './judge-records.ts';
import { judgeSlots } from './judge-slots.ts';
import { judgeTask } from './judge-task.ts';
import { modes } from './modes/modes.ts';
import type { World } from './world.ts';

const keyText = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/** Judges one committed write by the invariants that need no future. */
export const judge = (court: Court, key: Key, change: Change): void => {
  const { by, after } = change;
  if (after !== undefined && typeof after['tenant'] === 'string' && !key.pk.startsWith(`${after['tenant']}#`))
    court.violate('S9 tenants never mix', `${key.pk} holds an item of ${after['tenant']}, by ${by}`);
  judgeRecord(court, key, change);
  for (const plot of modes) plot.judge?.(court, key, change);
  if (key.sk === 'TASK') judgeTask(court, change);
  else if (key.sk === 'SLOTS') judgeSlots(court, change);
  else if (key.sk.startsWith('STAGE#')) judgeStage(court, change);
  else if (key.sk === 'RUN') judgeRun(court, change);
};

/** Sees every committed write and judges it by the invariants. Holds a copy of the truth, never the truth itself. */
export class Monitor implements Court {
  readonly stopped = new Set<string>();
  readonly items = new Map<string, Item>();
  readonly payloads = new Map<string, string>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  item(key: Key): Item | undefined {
    return this.items.get(keyText(key));
  }

  /** What was there before anything is judged. */
  knows(key: Key, item: Item): void {
    this.items.set(keyText(key), item);
  }

  violate(rule: string, message: string): void {
    this.world.violate(rule, message);
  }

  trace(line: () => string): void {
    this.world.trace(line);
  }

  tasks(): readonly Task[] {
    return this.all((item) => (item['sk'] === 'TASK' ? taskIn(item) : undefined));
  }

  /** Attempts whose results came too late and were kept. */
  lateAttempts({ tenant, taskId }: Pick<Task, 'tenant' | 'taskId'>): readonly number[] {
    return [1, 2, 3, 4, 5, 6].filter((attempt) => this.item(keys.lateResult(tenant, taskId, attempt)) !== undefined);
  }

  slots(): readonly Slots[] {
    return this.all((item) => (item['sk'] === 'SLOTS' ? slotsIn(item) : undefined));
  }

  runs(): readonly Run[] {
    return this.all((item) => (item['sk'] === 'RUN' ? runIn(item) : undefined));
  }

  stages(): readonly Stage[] {
    return this.all((item) => (String(item['sk']).startsWith('STAGE#') ? stageIn(item) : undefined));
  }

  /** S9: a handler that works for one tenant reaches no key of another's. */
  touches(invocation: Invocation, key: Key): void {
    const { tenant } = invocation;
    if (tenant === undefined || key.pk.startsWith(`${tenant}#`) || key.pk.startsWith('CONN#')) return;
    if (key.pk.startsWith('TICKET#') || key.pk.startsWith('LINK#')) return;
    this.violate('S9 tenants never mix', `${label(invocation)} of ${tenant} reaches ${key.pk}`);
  }

  wrote(invocation: Invocation, key: Key, operation: Change['operation'], after: Item | undefined): void {
    const text = keyText(key);
    const before = this.items.get(text);
    if (after === undefined) this.items.delete(text);
    else this.items.set(text, after);
    judge(this, key, { by: label(invocation), operation, before, after });
  }

  private all<T>(read: (item: Item) => T | undefined): readonly T[] {
    return [...this.items.values()].map(read).filter((value) => value !== undefined);
  }
}
