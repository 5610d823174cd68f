import type { ClientFrameInput } from '../../core/contract/client-frames.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import type { TaskId } from '../../core/contract/ids.ts';
import type { Json } from '../../core/contract/json.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import type { TaskSubmissionInput } from '../../core/contract/task.ts';
import type { Transfer, UploadPlace } from './claim-checks.ts';
import { openPayload, stowPayload } from './claim-checks.ts';
import type { Submissions, TaskOutcome } from './submissions.ts';
import type { Subtask } from './task-context.ts';
import type { TaskLine } from './task-runner.ts';
import type { Timers } from './timers.ts';

/** Asks over the socket where to upload a payload. */
const preparePayload = async (
  line: TaskLine,
  content: { readonly bytes: number; readonly sha256: string },
): Promise<UploadPlace> => {
  const answer = await line.request('payload.prepare', content, { answer: 'payload.ready' });
  return platformFrames['payload.ready'].parse(answer.payload);
};

/** A value as it may travel over the socket. @see {@link stowPayload} */
export const stowOver = (line: TaskLine, value: unknown, what: string, transfer: Transfer): Promise<Json> =>
  stowPayload(value, what, {
    ...transfer,
    inlineBytes: line.inlineBytes,
    prepare: (content) => preparePayload(line, content),
  });

/** Asks for a secret that the task names. Never logged, and not kept. */
export const requestSecret = async (
  line: TaskLine,
  asked: { readonly taskId: TaskId; readonly attempt: number; readonly name: string },
  signal: AbortSignal,
): Promise<string> => {
  const answer = await line.request('secret.get', asked, { answer: 'secret.value', signal });
  return platformFrames['secret.value'].parse(answer.payload).value;
};

/** What a question to agents or people over the socket needs. */
export interface AskOptions {
  readonly line: TaskLine;
  readonly submissions: Submissions;
  readonly timers: Timers;
  readonly random: () => number;
  readonly signal?: AbortSignal;
  /** Names the task: the same id submits the same task. */
  readonly id?: string | undefined;
  /** The trace that it belongs to. */
  readonly traceparent?: string | undefined;
}

/** What a submission over the socket needs. */
export interface SubtaskOptions extends AskOptions {
  /** The task under which it is submitted. */
  readonly parentTask?: TaskId;
  /** Nobody needs the task's id before its end, which may then be all that is heard of it. */
  readonly isEndEnough?: boolean;
}

/** A submitted task, as whoever waits for it sees it. */
export interface Submitted extends Subtask {
  /** The end has already come over the socket: `outcome` needs nothing more from the platform. */
  readonly hasEnded: boolean;
}

/** Submits a task over the socket and watches for its end on the same socket. */
export const submitSubtask = async (options: SubtaskOptions, task: TaskSubmissionInput): Promise<Submitted> => {
  const { line, timers, random, signal, id, traceparent, parentTask, isEndEnough = false } = options;
  const transfer = { timers, random, signal };
  const input = await stowOver(line, task.input, 'input', transfer);
  const answer = await line.request(
    'task.submit',
    { task: { ...task, input }, ...(parentTask === undefined ? {} : { parentTask }) },
    { id, signal, traceparent, answer: 'task.submitted', ...(isEndEnough ? { outcome: 'task.completed' } : {}) },
  );
  return submittedBy(options, answer);
};

/** Asks other agents, or people; what they come to is heard on the same socket. */
export const askOver = async <Type extends 'collaboration.request' | 'resource.request' | 'escalation.raise'>(
  options: AskOptions,
  type: Type,
  payload: ClientFrameInput<Type>,
): Promise<Submitted> => {
  const { line, id, signal, traceparent } = options;
  return submittedBy(options, await line.request(type, payload, { id, signal, traceparent, answer: 'task.submitted' }));
};

const submittedBy = ({ submissions, timers, random, signal }: AskOptions, answer: PlatformEnvelope): Submitted => {
  const transfer = { timers, random, signal };
  // An end names the task and its status as an answer does, and is kept for whoever asks for it.
  const { taskId, status } = platformFrames['task.submitted'].parse(answer.payload);
  const open = async (): Promise<TaskOutcome> => {
    const { status, output, error, usage } = await submissions.completionOf(taskId, signal);
    return {
      taskId,
      status,
      output: output === undefined ? undefined : await openPayload(output, transfer),
      error,
      usage,
    };
  };
  const outcome = open();
  // A handler that does not wait for its subtask has not asked for its rejection either.
  outcome.catch(() => undefined);
  return { taskId, status, outcome, hasEnded: answer.type === 'task.completed' };
};
