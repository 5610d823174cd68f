import { TaskId } from '#core/contract/ids.ts';
import { type AssignedTask, type Json, type TaskContext, type TaskHandler, WaitForSubtasks } from '#sdk/index.ts';
import { encodeJson, parseJson } from '#sdk/json.ts';

const nobody = (): never => {
  throw new Error('Nobody is asked');
};

export interface HandlerRun {
  readonly output: unknown;
  /** Types of the subtasks, in order. */
  readonly submitted: readonly string[];
}

const idOf = (index: number): AssignedTask['taskId'] =>
  TaskId.parse(`tsk_00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);

/** As it would travel. */
const asJson = (value: unknown): Json => parseJson(encodeJson(value, 'output').text);

/** Does a task in this process; its subtasks are done at once, by the handlers given for their types. */
export const runHandler = async (
  handler: TaskHandler,
  input: unknown,
  subtaskHandlers: Readonly<Record<string, TaskHandler>> = {},
): Promise<HandlerRun> => {
  const outcomes = new Map<string, Json>();
  const submitted: string[] = [];
  const context: TaskContext = {
    signal: new AbortController().signal,
    attempt: 1,
    idempotencyKey: 'task#1',
    deadline: Number.MAX_SAFE_INTEGER,
    progress: () => undefined,
    milestone: () => undefined,
    chunk: () => undefined,
    checkpoint: async () => undefined,
    secret: async () => '',
    details: () => undefined,
    collaborate: nobody,
    requestResource: nobody,
    escalate: nobody,
    handOff: nobody,
    submit: async (subtask) => {
      const taskId = idOf(submitted.push(subtask.type));
      const does = subtaskHandlers[subtask.type];
      if (does === undefined) throw new Error(`Nobody does ${subtask.type}`);
      const { output } = await runHandler(does, subtask.input, subtaskHandlers);
      outcomes.set(taskId, { taskId, status: 'SUCCEEDED', output: asJson(output) });
      return { taskId, status: 'SUCCEEDED', outcome: Promise.resolve({ taskId, status: 'SUCCEEDED' }) };
    },
    waitFor: (subtasks, workState) =>
      new WaitForSubtasks(
        subtasks.map(({ taskId }) => taskId),
        workState,
      ),
  };
  let task: AssignedTask = { taskId: idOf(0), kind: 'work', type: 'test', priority: 'normal', input: asJson(input) };
  for (;;) {
    const answer = await handler(task, context);
    if (!(answer instanceof WaitForSubtasks)) return { output: asJson(answer), submitted };
    const children = answer.taskIds.map((taskId) => outcomes.get(taskId) ?? null);
    task = { ...task, children, ...(answer.workState === undefined ? {} : { workState: answer.workState }) };
  }
};
