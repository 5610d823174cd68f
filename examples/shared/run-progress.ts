import * as z from 'zod';
import type { MusterEvent, RunView, WatchUpdate } from '#sdk/index.ts';

/** What a run tells as it goes: what it is about and its number of tasks, as far as that is known, then the run. */
export type RunEvent =
  | { readonly kind: 'planned'; readonly title: string; readonly tasks?: number }
  | WatchUpdate<RunView>;

/** One task as it is shown. */
export interface TaskLine {
  readonly taskId: string;
  readonly label: string;
  readonly state: string;
  readonly isOver: boolean;
  readonly agent?: string | undefined;
  readonly percent?: number | undefined;
  readonly note?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

interface TaskFacts {
  readonly taskId: string;
  readonly label?: string | undefined;
  readonly state?: string | undefined;
  readonly attempt?: number | undefined;
  readonly agent?: string | undefined;
  readonly percent?: number | undefined;
  readonly note?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

type KnownTask = TaskLine & { readonly attempt: number };

/** What events say of a task; anything else is not shown. */
const TaskData = z.looseObject({
  status: z.string().optional(),
  step: z.string().optional(),
  item: z.int().nullish(),
  index: z.int().nullish(),
  agentName: z.string().optional(),
  attempt: z.int().optional(),
  percent: z.number().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

const ends: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'SKIPPED'];
const runEnds: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

/** What is known of a run's tasks, from snapshots and events in any order: a later attempt overrules, an end stays. */
export class RunProgress {
  readonly #tasks = new Map<string, KnownTask>();
  readonly #labels = new Map<string, number>();
  #planned = 0;
  #isOver = false;

  /** Tasks that an agent has now, the longest running first. */
  get running(): TaskLine[] {
    return [...this.#tasks.values()]
      .filter(({ state }) => state === 'ASSIGNED' || state === 'RUNNING')
      .toSorted((left, right) => (left.startedAt ?? 0) - (right.startedAt ?? 0));
  }

  get done(): number {
    return [...this.#tasks.values()].filter(({ isOver }) => isOver).length;
  }

  get total(): number {
    return Math.max(this.#planned, this.#tasks.size);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes news and answers the tasks whose state it changed. */
  apply(event: RunEvent, now: number): TaskLine[] {
    if (event.kind === 'planned') {
      this.#planned = event.tasks ?? 0;
      return [];
    }
    const facts = event.kind === 'snapshot' ? factsOfRun(event.view) : factsOfEvent(event.event, now);
    const changed = facts.flatMap((fact) => this.#note(fact, now));
    if (event.kind === 'snapshot') this.#isOver = runEnds.includes(event.view.status);
    return changed;
  }

  #note(facts: TaskFacts, now: number): TaskLine[] {
    const known = this.#tasks.get(facts.taskId);
    if (known === undefined) {
      const label = this.#label(facts.label ?? 'task');
      return this.#keep(timed({ state: 'QUEUED', attempt: 0, ...withoutUndefined(facts), label }, now));
    }
    const { label, attempt = known.attempt } = { ...facts, label: known.label };
    if (known.isOver || attempt < known.attempt) return [];
    // What was known of an earlier attempt says nothing of this one.
    const earlier = attempt === known.attempt ? known : { state: known.state };
    const line = timed({ ...earlier, ...withoutUndefined(facts), label, attempt }, now);
    const isNews = attempt !== known.attempt || line.state !== known.state;
    this.#keep(line);
    return isNews ? [line] : [];
  }

  #keep(line: KnownTask): TaskLine[] {
    this.#tasks.set(line.taskId, line);
    return [line];
  }

  /** Tasks of one step are told apart by a number, in the order in which they appear. */
  #label(step: string): string {
    const count = (this.#labels.get(step) ?? 0) + 1;
    this.#labels.set(step, count);
    return count === 1 ? step : `${step} ${count}`;
  }
}

/** Times that nobody told are those of hearing of it. */
function timed(task: Omit<KnownTask, 'isOver'>, now: number): KnownTask {
  const isOver = ends.includes(task.state);
  const isHeld = task.state === 'ASSIGNED' || task.state === 'RUNNING';
  return {
    ...task,
    isOver,
    startedAt: task.startedAt ?? (isHeld ? now : undefined),
    endedAt: isOver ? (task.endedAt ?? now) : undefined,
  };
}

type Known<Facts> = { [Key in keyof Facts]: Exclude<Facts[Key], undefined> };

/** So that spreading it overrules only what it knows. */
function withoutUndefined({ taskId, ...facts }: TaskFacts): Known<TaskFacts> {
  const known: Partial<Known<TaskFacts>> = Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  );
  return { ...known, taskId };
}

function factsOfRun(run: RunView): TaskFacts[] {
  return run.steps.flatMap(({ step, tasks }) =>
    tasks.map((task) => ({
      taskId: task.taskId,
      label: step,
      state: task.status,
      attempt: task.attempt,
      agent: task.agentName,
      startedAt: task.startedAt,
      endedAt: task.endedAt,
    })),
  );
}

function factsOfEvent(event: MusterEvent, now: number): TaskFacts[] {
  const data = TaskData.safeParse(event.data);
  if (event.taskId === undefined || !data.success) return [];
  const { status, step, agentName, attempt, percent, error } = data.data;
  const isEnd = status !== undefined && ends.includes(status);
  return [
    {
      taskId: event.taskId,
      label: step,
      state: status,
      attempt,
      agent: agentName,
      percent,
      note: error === undefined ? undefined : `${error.code}: ${error.message}`,
      endedAt: isEnd ? now : undefined,
    },
  ];
}
