import type { Key } from '#core/contract/keys.ts';
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
}

/** The end of an id, for people. */
export const short = (text: string | undefined): string => text?.slice(-8) ?? '-';

export const taskIn = (item: Item | undefined): Task | undefined => {
  const found = readTask(item);
  return found.kind === 'task' ? found.task : undefined;
};
