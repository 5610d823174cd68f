import type { RunTimeline } from '../../../core/contract/workflow.ts';
import type { Cli } from '../cli.ts';
import { dollars, duration } from '../format.ts';

const barWidth = 24;

/** Where in the run a task was held by a pause (·), waited (░), had a person asked (▒) and was worked on (█). */
const gantt = (entry: RunTimeline['entries'][number], from: number, wallMs: number): string => {
  const column = (ms: number): number => Math.round((ms / Math.max(1, wallMs)) * barWidth);
  const start = Math.min(barWidth - 1, column(entry.readyAt - from));
  const wait = column(entry.waitMs);
  const work = Math.max(entry.workMs > 0 ? 1 : 0, column(entry.workMs));
  const [paused, person] = [column(entry.pausedMs ?? 0), column(entry.personMs ?? 0)];
  const bar = `${'·'.repeat(paused)}${'░'.repeat(wait)}${'▒'.repeat(person)}${'█'.repeat(work)}`;
  return `${' '.repeat(start)}${bar}`.slice(0, barWidth).padEnd(barWidth);
};

/** For people: who waited, who worked, what the run took so long for, and what coordinating cost. */
export const describeTimeline = (timeline: RunTimeline, { output: { paint } }: Cli): string => {
  const { entries, criticalPath, wallMs, workMs, overheadMs, parallelism, costUsd } = timeline;
  const { pausedMs = 0, personMs = 0 } = timeline;
  const from = Math.min(...entries.map(({ readyAt }) => readyAt));
  const rows = entries.map((entry) => [
    entry.step,
    paint.status(entry.status),
    entry.agentName ?? entry.agentId ?? '',
    (entry.personMs ?? 0) > 0 ? `${duration(entry.personMs ?? 0)} for a person` : duration(entry.waitMs),
    duration(entry.workMs),
    entry.costUsd === 0 ? '' : dollars(entry.costUsd),
    entry.isCritical ? '*' : '',
    gantt(entry, from, wallMs),
  ]);
  const stepOf = new Map(entries.map(({ taskId, step }) => [taskId, step]));
  return [
    paint.table(['STEP', 'STATUS', 'AGENT', 'WAITED', 'WORKED', 'COST', '', ''], rows),
    paint.facts([
      ['critical path', criticalPath.map((taskId) => stepOf.get(taskId) ?? taskId).join(' → ')],
      ['took', duration(wallMs)],
      ['work', `${duration(workMs)}, ${parallelism.toFixed(1)} agents at once`],
      ['paused', pausedMs === 0 ? undefined : duration(pausedMs)],
      ['a person', personMs === 0 ? undefined : duration(personMs)],
      ['coordinating', duration(overheadMs)],
      ['models', costUsd === 0 ? undefined : dollars(costUsd)],
    ]),
  ].join('\n\n');
};
