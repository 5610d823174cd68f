import type { Item } from '#core/table/table.ts';
import type { Court } from './court.ts';
import type { Monitor } from './monitor.ts';

interface Entry {
  readonly seq: number;
  readonly change: string;
}

const entriesByTopic = (items: Iterable<Item>): ReadonlyMap<string, readonly Entry[]> => {
  const logs = new Map<string, Entry[]>();
  for (const item of items) {
    const [, kind, topic = ''] = String(item['pk']).split('#');
    if (kind !== 'LOG') continue;
    const log = logs.get(topic) ?? [];
    logs.set(topic, log);
    log.push({ seq: Number(item['seq']), change: String(item['change']) });
  }
  for (const log of logs.values()) log.sort((one, other) => one.seq - other.seq);
  return logs;
};

const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);

/** All that happened to an item since its log was opened is there, in order, the last of it too. */
const judgeItem = (court: Court, log: readonly Entry[], item: { readonly id: string; readonly rev: number }): void => {
  const revs = log
    .filter(({ change }) => change.startsWith(`${item.id}#`))
    .map(({ change }) => Number(change.split('#')[1]));
  if (!isRising(revs) || revs.at(-1) !== item.rev)
    court.violate('a log loses nothing', `${item.id} at ${item.rev} is logged as ${revs.join(' ')}`);
};

/** At the end: every log is whole, in order, and says each thing once. */
export const judgeLogs = (monitor: Monitor): void => {
  const logs = entriesByTopic(monitor.items.values());
  for (const [topic, log] of logs) {
    if (!isRising(log.map(({ seq }) => seq)))
      monitor.violate('a log has no gaps', `${topic}: ${log.map(({ seq }) => seq).join(' ')}`);
    if (new Set(log.map(({ change }) => change)).size !== log.length)
      monitor.violate('a log says nothing twice', `${topic}: ${log.map(({ change }) => change).join(' ')}`);
  }
  for (const { taskId, rev, taskLog, runLog } of monitor.tasks())
    for (const topic of [taskLog, runLog])
      if (topic !== undefined) judgeItem(monitor, logs.get(topic) ?? [], { id: taskId, rev });
  for (const { runId, rev, runLog } of monitor.runs())
    if (runLog !== undefined) judgeItem(monitor, logs.get(runLog) ?? [], { id: runId, rev });
};
