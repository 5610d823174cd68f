import type { AgentId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import type { TaskError, Usage } from '../contract/task.ts';
import { openPayload } from '../payloads/fit-payload.ts';
import { readMembers } from '../runs/members.ts';
import { readStage } from '../stages/stage.ts';
import type { StoredStatus, Task } from '../tasks/task.ts';
import type { ModeContext } from './mode-rules.ts';

/** What became of one task of a stage. Times are epoch milliseconds. */
export interface MemberOutcome {
  readonly index: number;
  readonly step: string;
  /** Its position among the step's own tasks. */
  readonly item: number;
  readonly taskId: string;
  /** Who held it last. */
  readonly agentId: AgentId | undefined;
  readonly agentName: string | undefined;
  readonly status: StoredStatus;
  /** The output itself, also where it travelled as a claim check; `null` unless it succeeded. */
  readonly output: Json;
  readonly confidence: number | undefined;
  readonly evidence: readonly Json[];
  readonly error: TaskError | undefined;
  readonly usage: Usage | undefined;
  /** How far it is, as its agent said last: 0 to 1. */
  readonly share: number;
  readonly attempts: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

const outcomeOf = async ({ services }: ModeContext, task: Task, index: number): Promise<MemberOutcome> => ({
  index,
  step: task.place?.step ?? '',
  item: task.place?.item ?? 0,
  taskId: task.taskId,
  agentId: task.agentId,
  agentName: task.agentName,
  status: task.status,
  output: task.status === 'SUCCEEDED' ? await openPayload(services, task.tenant, task.output ?? null) : null,
  confidence: task.confidence,
  evidence: task.evidence ?? [],
  error: task.error,
  usage: task.usage,
  share: (task.progress?.percent ?? 0) / 100,
  attempts: task.attempt,
  startedAt: task.startedAt ?? task.assignedAt,
  endedAt: task.endedAt,
});

/** What became of a stage's tasks so far, in their order; none of a stage that was not asked for. Strongly consistent. */
export const readOutcomes = async (context: ModeContext, position: number): Promise<readonly MemberOutcome[]> => {
  const { services, run } = context;
  const stage = await readStage(services, run.tenant, run.runId, position);
  if (stage === undefined) return [];
  const tasks = await readMembers(services, run, position, { from: 0, count: stage.total });
  return Promise.all(tasks.flatMap((task, index) => (task === undefined ? [] : [outcomeOf(context, task, index)])));
};
