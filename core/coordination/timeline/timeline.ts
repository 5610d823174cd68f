/** A task of a run as it happened. Times are epoch milliseconds; what has not happened yet is left out. */
export interface TimedTask {
  readonly taskId: string;
  readonly step: string;
  readonly dependsOn: readonly string[];
  readonly agentId?: string;
  readonly costUsd?: number;
  readonly createdAt: number;
  readonly assignedAt?: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Nobody works on it: a person is waited for from the moment that it is ready. */
  readonly isPerson?: boolean;
}

/** From when to when; without `to`, until now. */
export interface Pause {
  readonly from: number;
  readonly to?: number | undefined;
}

/** One task in a run's timeline. Durations are milliseconds, up to now for what goes on. */
export interface TimelineEntry {
  readonly taskId: string;
  readonly step: string;
  readonly agentId: string | undefined;
  /** When all that it depends on had ended, but not before it was created. */
  readonly readyAt: number;
  /** From ready until an agent began, without pauses. */
  readonly waitMs: number;
  /** Of that, until an agent was found; the rest is delivery. */
  readonly queuedMs: number;
  readonly workMs: number;
  /** How long its run was paused while it was ready and nobody had begun. */
  readonly pausedMs: number;
  /** How long a person was waited for. */
  readonly personMs: number;
  readonly costUsd: number;
  readonly isCritical: boolean;
}

/** A run's timeline. */
export interface Timeline {
  /** By the time at which they became ready, then by id. */
  readonly entries: readonly TimelineEntry[];
  /** The chain of tasks that determined when the run ended, the earliest first. */
  readonly criticalPath: readonly string[];
  readonly wallMs: number;
  /** All agents' work added up. */
  readonly workMs: number;
  readonly costUsd: number;
  /** How long, of the wall time, the run was paused. */
  readonly pausedMs: number;
  /** How long, of the wall time, the critical path waited for a person. */
  readonly personMs: number;
  /**
   * How long, of the wall time, no agent worked on the critical path, no person was waited for, and nobody had paused the
   * run: what coordinating cost.
   */
  readonly overheadMs: number;
  /** Work per wall time: how many agents worked at once on average. */
  readonly parallelism: number;
}

/** From when to when a run is looked at; `untilMs` is its end, or now. */
export interface TimelineSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

const endOf = (task: TimedTask, untilMs: number): number => Math.min(task.endedAt ?? untilMs, untilMs);

/** The last to end of them, by id among equals. */
const lastToEnd = (tasks: readonly TimedTask[], untilMs: number): TimedTask | undefined =>
  tasks.reduce<TimedTask | undefined>((last, task) => {
    if (last === undefined) return task;
    const later = endOf(task, untilMs) - endOf(last, untilMs);
    return later > 0 || (later === 0 && task.taskId < last.taskId) ? task : last;
  }, undefined);

const byStep = (tasks: readonly TimedTask[]): ReadonlyMap<string, readonly TimedTask[]> =>
  Map.groupBy(tasks, ({ step }) => step);

const pathOf = (tasks: readonly TimedTask[], untilMs: number): readonly TimedTask[] => {
  const steps = byStep(tasks);
  const path: TimedTask[] = [];
  let next = lastToEnd(tasks, untilMs);
  // A step is entered once: dependencies that form a cycle, which no definition has, would not end otherwise.
  const seen = new Set<string>();
  while (next !== undefined && !seen.has(next.step)) {
    seen.add(next.step);
    path.unshift(next);
    next = lastToEnd(
      next.dependsOn.flatMap((step) => steps.get(step) ?? []),
      untilMs,
    );
  }
  return path;
};

const workOf = (task: TimedTask, untilMs: number): number =>
  task.startedAt === undefined || task.isPerson === true ? 0 : Math.max(0, endOf(task, untilMs) - task.startedAt);

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How much of the span is covered by any of the intervals. */
const covered = (intervals: readonly Interval[], { fromMs, untilMs }: TimelineSpan): number => {
  let reached = fromMs;
  let sum = 0;
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(reached, from);
    const end = Math.min(to, untilMs);
    if (end > begin) {
      sum += end - begin;
      reached = end;
    }
  }
  return sum;
};

type Waits = Pick<TimelineEntry, 'waitMs' | 'queuedMs' | 'pausedMs' | 'personMs'>;

/** What a task waited for from when it was ready: an agent, its run to go on, or a person. */
const waitsOf = (task: TimedTask, readyAt: number, untilMs: number, pauses: readonly Interval[]): Waits => {
  const endAt = endOf(task, untilMs);
  if (task.isPerson === true) return { waitMs: 0, queuedMs: 0, pausedMs: 0, personMs: Math.max(0, endAt - readyAt) };
  const pausedUntil = (at: number): number => covered(pauses, { fromMs: readyAt, untilMs: at });
  const until = (at: number): number => Math.max(0, at - readyAt - pausedUntil(at));
  const startedAt = task.startedAt ?? endAt;
  const waitMs = until(startedAt);
  const queuedMs = Math.min(waitMs, until(task.assignedAt ?? startedAt));
  return { waitMs, queuedMs, pausedMs: pausedUntil(startedAt), personMs: 0 };
};

/** What happened in a run, who waited for whom, and what coordination cost. */
export const timelineOf = (
  tasks: readonly TimedTask[],
  span: TimelineSpan,
  paused: readonly Pause[] = [],
): Timeline => {
  const { fromMs, untilMs } = span;
  const pauses = paused.map(({ from, to = untilMs }) => ({ from, to }));
  const steps = byStep(tasks);
  const critical = pathOf(tasks, untilMs);
  const readyAtOf = ({ createdAt, dependsOn }: TimedTask): number => {
    const before = dependsOn.flatMap((step) => (steps.get(step) ?? []).map((task) => endOf(task, untilMs)));
    return Math.min(Math.max(createdAt, ...before), untilMs);
  };
  const entries = tasks
    .map((task): TimelineEntry => {
      const readyAt = readyAtOf(task);
      return {
        taskId: task.taskId,
        step: task.step,
        agentId: task.agentId,
        readyAt,
        ...waitsOf(task, readyAt, untilMs, pauses),
        workMs: workOf(task, untilMs),
        costUsd: task.costUsd ?? 0,
        isCritical: critical.includes(task),
      };
    })
    .toSorted((a, b) => a.readyAt - b.readyAt || (a.taskId < b.taskId ? -1 : 1));
  const wallMs = Math.max(0, untilMs - fromMs);
  const workMs = entries.reduce((sum, entry) => sum + entry.workMs, 0);
  const worked = critical.flatMap((task) =>
    task.startedAt === undefined || task.isPerson === true ? [] : [{ from: task.startedAt, to: endOf(task, untilMs) }],
  );
  const asked = critical.flatMap((task) =>
    task.isPerson === true ? [{ from: readyAtOf(task), to: endOf(task, untilMs) }] : [],
  );
  return {
    entries,
    criticalPath: critical.map(({ taskId }) => taskId),
    wallMs,
    workMs,
    costUsd: entries.reduce((sum, entry) => sum + entry.costUsd, 0),
    pausedMs: covered(pauses, span),
    personMs: covered(asked, span),
    overheadMs: wallMs - covered([...worked, ...asked, ...pauses], span),
    parallelism: wallMs === 0 ? 0 : workMs / wallMs,
  };
};
