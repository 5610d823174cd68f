import { isOver, RunState, type RunView, type TaskLine as TaskOfRun, type WatchUpdate } from '#sdk/index.ts';

/** What a run tells as it goes: what it is about and its number of tasks, as far as that is known, then the run. */
export type RunEvent =
  | { readonly kind: 'planned'; readonly title: string; readonly tasks?: number }
  | WatchUpdate<RunView>;

/** One task as it is shown. */
export interface TaskLine extends TaskOfRun {
  readonly label: string;
  readonly isOver: boolean;
}

/** What is known of a run's tasks, with the number that is planned and names that tell those of one step apart. */
export class RunProgress {
  readonly #run = new RunState();
  readonly #labels = new Map<string, string>();
  readonly #ofStep = new Map<string, number>();
  #planned = 0;

  /** Tasks that an agent has now, the longest running first. */
  get running(): TaskLine[] {
    return this.#tasks
      .filter(({ status }) => status === 'ASSIGNED' || status === 'RUNNING')
      .toSorted((left, right) => (left.startedAt ?? 0) - (right.startedAt ?? 0))
      .map((task) => this.#lineOf(task));
  }

  get done(): number {
    return this.#tasks.filter(({ status }) => isOver(status)).length;
  }

  get total(): number {
    return Math.max(this.#planned, this.#tasks.length);
  }

  get isOver(): boolean {
    return isOver(this.#run.view?.status ?? '');
  }

  /** Takes news and answers the tasks whose status it changed. */
  apply(event: RunEvent): TaskLine[] {
    if (event.kind !== 'planned') return this.#run.apply(event).map((task) => this.#lineOf(task));
    this.#planned = event.tasks ?? 0;
    return [];
  }

  get #tasks(): TaskOfRun[] {
    return this.#run.steps.flatMap(({ tasks }) => tasks);
  }

  #lineOf(task: TaskOfRun): TaskLine {
    const label = this.#labels.get(task.taskId) ?? this.#nextLabel(task.step);
    this.#labels.set(task.taskId, label);
    return { ...task, label, isOver: isOver(task.status) };
  }

  /** Tasks of one step are told apart by a number, in the order in which they appear. */
  #nextLabel(step: string): string {
    const count = (this.#ofStep.get(step) ?? 0) + 1;
    this.#ofStep.set(step, count);
    return count === 1 ? step : `${step} ${count}`;
  }
}
