import { shorten } from '../common/shorten.ts';
import { keys } from '../contract/keys.ts';
import type { FailedTask, RunError } from '../contract/workflow.ts';
import type { Services } from '../services.ts';
import { readMarkers } from '../stages/markers.ts';
import type { Stage } from '../stages/stage.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { readStages } from './members.ts';
import type { Run } from './run.ts';

/** Members looked at: of a thousand that failed, the first that anybody asks about is among them. */
const mostRead = 25;
/** What an agent said, shortened so that a run's error stays a few lines; the end of a run inside is its innermost cause. */
const messageLength = 500;

/** Those that failed by themselves come first; what was ended by others is told only where nothing else is. */
const ownFailures: readonly string[] = ['FAILED', 'TIMED_OUT'];

/** What became of a task, as far as it tells which of several failed first. */
type Ended = Pick<Task, 'status' | 'endedAt'>;

const isEarlier = (left: Ended, right: Ended): boolean => {
  const [own, other] = [left, right].map(({ status }) => ownFailures.includes(status));
  return own === other ? (left.endedAt ?? Infinity) < (right.endedAt ?? Infinity) : own === true;
};

/** Of what did not succeed, in order: the first that failed by itself, the earlier one in order among those of one moment. */
export const firstToFail = <One extends Ended>(failed: readonly One[]): One | undefined =>
  failed.reduce<One | undefined>(
    (found, one) => (found === undefined || isEarlier(one, found) ? one : found),
    undefined,
  );

/** A task that failed, as a run's error tells it. */
export const toldOf = ({
  step,
  taskId,
  agentId,
  agentName,
  status,
  error,
}: Pick<Task, 'agentId' | 'agentName' | 'status' | 'error'> & {
  readonly step: string;
  readonly taskId: string;
}): FailedTask => ({
  step,
  taskId,
  ...(agentId === undefined ? {} : { agentId }),
  ...(agentName === undefined ? {} : { agentName }),
  code: error?.code ?? status,
  message: shorten(error?.message ?? `It ended with ${status}.`, messageLength),
});

const firstOf = async (services: Services, stage: Stage): Promise<FailedTask | undefined> => {
  const { failed, own } = await readMarkers(services, stage);
  if (failed.length === 0) return undefined;
  const ids = (own.length > 0 ? own : failed)
    .slice(0, mostRead)
    .map((index) => memberTaskId(stage.tenant, stage.runId, stage.position, index));
  const items = await services.table.getMany(
    ids.map((id) => keys.task(stage.tenant, id)),
    { consistent: true },
  );
  const tasks = items
    .flatMap((item) => {
      const found = readTask(item);
      return found.kind === 'task' && found.task.status !== 'SKIPPED' ? [found.task] : [];
    })
    .toSorted((left, right) => (left.place?.index ?? 0) - (right.place?.index ?? 0));
  const first = firstToFail(tasks);
  return first === undefined ? undefined : toldOf({ ...first, step: first.place?.step ?? '' });
};

/** The stage that was asked for last, of those that have tasks. */
const lastStage = async (services: Services, run: Run): Promise<Stage | undefined> =>
  (await readStages(services, run))
    .filter(({ total }) => total > 0)
    .toSorted((left, right) => left.createdAt - right.createdAt || left.position - right.position)
    .at(-1);

/**
 * Why a run fails, with the task whose failure made it: of the run's last stage the first that failed. Without one where
 * no task of it did. Some reads, only of a run that fails.
 */
export const withFailedTask = async (services: Services, run: Run, error: RunError): Promise<RunError> => {
  // Its mode knows better: what its message says of the first that failed is said of the same.
  if (error.failedTask !== undefined) return error;
  const stage = await lastStage(services, run);
  const failedTask = stage === undefined ? undefined : await firstOf(services, stage);
  return failedTask === undefined ? error : { ...error, failedTask };
};

/** The same in a sentence, for an error that says nothing else of it. */
export const sayFailedTask = ({ step, taskId, agentName, code, message }: FailedTask): string =>
  `First "${step}" (${taskId}${agentName === undefined ? '' : ` on ${agentName}`}): ${code}: ${message}`;
