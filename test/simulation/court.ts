import { Slots } from '#core/agents/agent.ts';
import type { Key } from '#core/contract/keys.ts';
import { Run } from '#core/runs/run.ts';
import { Stage } from '#core/stages/stage.ts';
import type { Item } from '#core/table/table.ts';
import { readTask, type Task } from '#core/tasks/task.ts';

/** One committed write: by whom, and the item before and after. */
export interface Change {
  readonly by: string;
  readonly operation: 'put' | 'update' | 'remove';
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** What judges a write: where violations go, and what the rest of the table says. */
export interface Court {
  violate(rule: string, message: string): void;
  trace(line: () => string): void;
  item(key: Key): Item | undefined;
  /** What was stored apart, by its ref. */
  readonly payloads?: ReadonlyMap<string, string>;
  /** Tenants whose emergency stop was answered, and that nobody has resumed. */
  readonly stopped?: ReadonlySet<string>;
}

/** The end of an id, for people. */
export const short = (text: string | undefined): string => text?.slice(-8) ?? '-';

/** Reads an item once, however often it is judged and looked at: the monitor's copies never change. */
const once = <T>(read: (item: Item) => T): ((item: Item) => T) => {
  const known = new WeakMap<Item, { readonly value: T }>();
  return (item) => {
    const kept = known.get(item) ?? { value: read(item) };
    known.set(item, kept);
    return kept.value;
  };
};

const readTaskOnce = once((item): Task | undefined => {
  const found = readTask(item);
  return found.kind === 'task' ? found.task : undefined;
});

/** The task that an item is, if it is one. */
export const taskIn = (item: Item | undefined): Task | undefined =>
  item === undefined ? undefined : readTaskOnce(item);

export const slotsIn = once((item) => Slots.parse(item));
export const runIn = once((item) => Run.parse(item));
export const stageIn = once((item) => Stage.parse(item));
