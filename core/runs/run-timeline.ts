import * as z from 'zod';
import type { RunId, TenantId } from '../contract/ids.ts';
import { RunTimeline } from '../contract/workflow.ts';
import { type TimedTask, timelineOf } from '../coordination/timeline/timeline.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { Services } from '../services.ts';
import type { Stage } from '../stages/stage.ts';
import type { Task } from '../tasks/task.ts';
import { readMembers, readStages } from './members.ts';
import { type Run, readRun } from './run.ts';
import { readWorkflow } from './workflow-store.ts';

/** Steps of the definition that say themselves what they wait for. */
const Ordered = z.looseObject({ id: z.string(), dependsOn: z.array(z.string()) });

/** What a stage's steps wait for when they wait for each other; otherwise each waits for the whole stage before. */
const dependenciesIn = (
  stage: Stage,
  ordered: readonly z.infer<typeof Ordered>[],
): ReadonlyMap<string, readonly string[]> => {
  const own = new Set(stage.parts.map(({ step }) => step));
  const known = ordered.filter(({ id }) => own.has(id));
  const isFlow = known.some(({ dependsOn }) => dependsOn.some((id) => own.has(id)));
  return new Map(isFlow ? known.map(({ id, dependsOn }) => [id, dependsOn]) : []);
};

/** A step of a certain stage: a mode may ask for the same step in every round. */
const nameOf = (stage: Stage, step: string): string => `${step}#${stage.position}`;

const timed = (task: Task, step: string, dependsOn: readonly string[]): TimedTask => {
  // An agent that has not said that it began is taken to work since it was given the task.
  const startedAt = task.startedAt ?? task.assignedAt;
  return {
    taskId: task.taskId,
    step,
    dependsOn,
    createdAt: task.createdAt,
    ...(task.kind === 'approval' ? { isPerson: true } : {}),
    ...(task.agentId === undefined ? {} : { agentId: task.agentId }),
    ...(task.usage?.costUsd === undefined ? {} : { costUsd: task.usage.costUsd }),
    ...(task.assignedAt === undefined ? {} : { assignedAt: task.assignedAt }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(task.endedAt === undefined ? {} : { endedAt: task.endedAt }),
  };
};

interface Happened {
  readonly task: Task;
  readonly timed: TimedTask;
}

/** Every task of a run so far, with what each waited for. */
const readTasks = async (services: Services, run: Run): Promise<readonly Happened[]> => {
  const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
  const ordered = rulesOf(definition).outline.flatMap(({ steps }) =>
    steps.flatMap((step) => Ordered.safeParse(step).data ?? []),
  );
  const happened: Happened[] = [];
  let before: readonly string[] = [];
  for (const stage of await readStages(services, run)) {
    const within = dependenciesIn(stage, ordered);
    for (const part of stage.parts) {
      const dependsOn = within.get(part.step)?.map((step) => nameOf(stage, step)) ?? before;
      const members = (await readMembers(services, run, stage.position, part)).filter((task) => task !== undefined);
      happened.push(...members.map((task) => ({ task, timed: timed(task, nameOf(stage, part.step), dependsOn) })));
    }
    before = stage.parts.map((part) => nameOf(stage, part.step));
  }
  return happened;
};

/**
 * What happened in a run: each task's agent, wait, work and cost, the chain of tasks that determined its length, and what
 * coordinating cost. Of a run that goes on: up to now.
 *
 * @throws NotFoundError when there is none of this tenant's.
 */
export const readRunTimeline = async (services: Services, tenant: TenantId, runId: RunId): Promise<RunTimeline> => {
  const run = await readRun(services, tenant, runId);
  const happened = await readTasks(services, run);
  const known = new Map<string, Task>(happened.map(({ task }) => [task.taskId, task]));
  const untilMs = run.endedAt ?? services.clock.now();
  const { entries, ...totals } = timelineOf(
    happened.map((one) => one.timed),
    { fromMs: run.createdAt, untilMs },
    run.pauses,
  );
  return RunTimeline.parse({
    runId,
    status: run.status,
    ...totals,
    entries: entries.map(({ taskId, step: _step, ...entry }) => {
      const task = known.get(taskId);
      return {
        taskId,
        step: task?.place?.step,
        stage: task?.place?.stage,
        status: task?.status,
        agentName: task?.agentName,
        ...(task?.handoffs === undefined ? {} : { handoffs: task.handoffs.length }),
        ...entry,
      };
    }),
  });
};
