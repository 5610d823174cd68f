import * as z from 'zod';
import type { RunView } from '../../core/contract/workflow.ts';
import type { MusterEvent, WatchUpdate } from './watch.ts';

/** A task of a run, as it is shown. */
export interface TaskLine {
  readonly taskId: string;
  readonly step: string;
  readonly status: string;
  readonly attempt: number;
  readonly agent?: string | undefined;
  readonly percent?: number | undefined;
  readonly note?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** A step with its tasks. */
export interface StepLine {
  readonly step: string;
  readonly status: string;
  readonly tasks: readonly TaskLine[];
}

type Facts = { readonly taskId: string } & {
  readonly [Key in keyof Omit<TaskLine, 'taskId'>]?: TaskLine[Key] | undefined;
};

const EventData = z.looseObject({
  status: z.string().optional(),
  step: z.string().optional(),
  agentName: z.string().optional(),
  attempt: z.int().optional(),
  percent: z.number().optional(),
  message: z.string().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

const ends: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'SKIPPED'];

/** Whether a task or step with this status is over. */
export const isOver = (status: string): boolean => ends.includes(status);

/** What is known of a run from what watching it tells, in any order: a later attempt overrules, an end stays. */
export class RunState {
  #view: RunView | undefined;
  readonly #tasks = new Map<string, TaskLine>();

  /** The last snapshot. */
  get view(): RunView | undefined {
    return this.#view;
  }

  /** Steps in the order of the run, each with its tasks in the order in which they were heard of. */
  get steps(): StepLine[] {
    const tasks = [...this.#tasks.values()];
    const known = (this.#view?.steps ?? []).map(({ step, status }) => ({ step, status }));
    const heard = tasks.filter(({ step }) => !known.some((each) => each.step === step));
    const later = [...new Set(heard.map(({ step }) => step))].map((step) => ({ step, status: 'RUNNING' }));
    return [...known, ...later].map(({ step, status }) => {
      const own = tasks.filter((task) => task.step === step);
      return { step, status: statusOfStep(status, own), tasks: own };
    });
  }

  /** Tasks that have ended, of those that are known of; a step without tasks counts as one. */
  get progress(): { readonly done: number; readonly total: number } {
    const units = this.steps.flatMap(({ status, tasks }) =>
      tasks.length === 0 ? [status] : tasks.map((task) => task.status),
    );
    return { done: units.filter(isOver).length, total: units.length };
  }

  /**
   * Takes news, and answers the tasks whose status or attempt it changed, in order: of one that was first heard of when it
   * had ended also that an agent had it.
   */
  apply(update: WatchUpdate<RunView>): TaskLine[] {
    if (update.kind === 'event') return factsOfEvent(update.event).flatMap((facts) => this.#note(facts));
    this.#view = update.view;
    return factsOfRun(update.view).flatMap((facts) => this.#note(facts));
  }

  #note(facts: Facts): TaskLine[] {
    const known = this.#tasks.get(facts.taskId);
    const attempt = facts.attempt ?? known?.attempt ?? 0;
    if (known !== undefined && (isOver(known.status) || attempt < known.attempt)) return [];
    // What was known of an earlier attempt says nothing of this one.
    const earlier = known !== undefined && attempt > known.attempt ? { step: known.step, status: 'QUEUED' } : known;
    const told = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    const line: TaskLine = { step: 'task', status: 'QUEUED', ...earlier, ...told, taskId: facts.taskId, attempt };
    this.#tasks.set(line.taskId, line);
    const isNews = known === undefined || line.status !== known.status || attempt !== known.attempt;
    return isNews ? [...missedStart(line, earlier), line] : [];
  }
}

/** News of an assignment may be lost, or older than the watch; its end tells of it all the same. */
const missedStart = (line: TaskLine, before: Pick<TaskLine, 'status' | 'agent'> | undefined): TaskLine[] => {
  const wasHeld = before?.status === 'ASSIGNED' || before?.status === 'RUNNING';
  if (line.agent === undefined || !isOver(line.status) || (wasHeld && before.agent !== undefined)) return [];
  const { taskId, step, attempt, agent } = line;
  return [{ taskId, step, attempt, agent, status: 'ASSIGNED' }];
};

/** Events are ahead of the last snapshot. */
const statusOfStep = (status: string, tasks: readonly TaskLine[]): string => {
  if (isOver(status) || tasks.length === 0) return status;
  return tasks.some((task) => task.status === 'RUNNING' || task.status === 'ASSIGNED') ? 'RUNNING' : status;
};

const factsOfRun = (run: RunView): Facts[] =>
  run.steps.flatMap(({ step, tasks }) =>
    tasks.map(({ taskId, status, attempt, agentName, agentId, assignedAt, startedAt, endedAt, childRunId, error }) => ({
      taskId,
      step,
      status,
      attempt,
      agent: agentName ?? agentId,
      note: error === undefined ? childRunId : `${error.code}: ${error.message}`,
      // Few agents say that they have begun.
      startedAt: startedAt ?? assignedAt,
      endedAt,
    })),
  );

const factsOfEvent = ({ taskId, at, data }: MusterEvent): Facts[] => {
  const parsed = EventData.safeParse(data);
  if (taskId === undefined || !parsed.success) return [];
  const { status, step, agentName, attempt, percent, message, error } = parsed.data;
  return [
    {
      taskId,
      step,
      status,
      attempt,
      agent: agentName,
      percent,
      note: error === undefined ? message : `${error.code}: ${error.message}`,
      startedAt: status === 'RUNNING' || status === 'ASSIGNED' ? at : undefined,
      endedAt: status !== undefined && isOver(status) ? at : undefined,
    },
  ];
};
