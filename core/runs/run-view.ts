import * as z from 'zod';
import type { RunId, TenantId } from '../contract/ids.ts';
import { indexKeys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { RunView, type StartedBy, type StepStatus } from '../contract/workflow.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import type { Task } from '../tasks/task.ts';
import { readMembers, readStages } from './members.ts';
import { readNote, resultNote } from './notes.ts';
import { Run, readRun } from './run.ts';
import { readWorkflow } from './workflow-store.ts';

type StepState = z.infer<typeof StepStatus>;
type StepView = RunView['steps'][number];

/** What is known of a task's work once nobody waits for it any more. */
const dispositionOf = ({ status, disposition }: Task): string | undefined => {
  if (status === 'SUCCEEDED' || status === 'FAILED') return 'completed';
  if (disposition === 'stopped') return 'cancelled';
  return disposition === 'in_flight' ? 'in_flight_unknown' : disposition;
};

/** A task that an agent or a run has begun. */
const isRunning = ({ status, startedAt, childRunId }: Task): boolean =>
  status === 'ASSIGNED' ? startedAt !== undefined : status === 'PENDING' && childRunId !== undefined;

const memberView = (task: Task): StepView['tasks'][number] => {
  const { taskId, kind, type, attempt, createdAt } = task;
  const { agentId, agentName, assignedAt, startedAt, endedAt, error, childRunId, reusedFrom } = task;
  const disposition = dispositionOf(task);
  return {
    taskId,
    kind,
    type,
    status: isRunning(task) ? 'RUNNING' : task.status,
    attempt,
    createdAt,
    ...defined({ agentId, agentName, assignedAt, startedAt, endedAt, error, childRunId, reusedFrom, disposition }),
  };
};

const defined = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** A step's status from its tasks': the worst end when all have ended, else how far the furthest is. */
const stepStatus = (tasks: readonly (Task | undefined)[], runIsOver: boolean): StepState => {
  // A member that never came to be was not needed any more.
  const statuses = tasks.map((task) => task?.status ?? (runIsOver ? 'SKIPPED' : 'PENDING'));
  if (statuses.length > 0 && statuses.every(isTerminal)) {
    const worst: readonly StepState[] = ['FAILED', 'TIMED_OUT', 'CANCELLED', 'SKIPPED'];
    return worst.find((status) => statuses.some((own) => own === status)) ?? 'SUCCEEDED';
  }
  if (runIsOver) return 'SKIPPED';
  if (tasks.some((task) => task?.status === 'ASSIGNED'))
    return tasks.some((task) => task?.startedAt !== undefined) ? 'RUNNING' : 'ASSIGNED';
  return statuses.includes('QUEUED') ? 'READY' : 'PENDING';
};

/** The steps of the stages that were asked for, in their order, then those that are still to come. */
const stepsOf = async (services: Services, run: Run): Promise<readonly StepView[]> => {
  const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
  const runIsOver = isTerminal(run.status);
  const views: StepView[] = [];
  for (const stage of await readStages(services, run)) {
    for (const part of stage.parts) {
      const members = await readMembers(services, run, stage.position, part);
      views.push({
        step: part.step,
        stage: stage.position,
        status: part.count === 0 ? 'SUCCEEDED' : stepStatus(members, runIsOver),
        tasks: members.flatMap((task) => (task === undefined ? [] : [memberView(task)])),
      });
    }
  }
  const begun = new Set(views.map(({ step }) => step));
  const rest = rulesOf(definition)
    .outline.filter(({ isSketch }) => isSketch !== true)
    .flatMap(({ steps }) => steps.filter(({ id }) => !begun.has(id)));
  return [
    ...views,
    ...rest.map(({ id }): StepView => ({ step: id, status: runIsOver ? 'SKIPPED' : 'PENDING', tasks: [] })),
  ];
};

/** What started a run: said with the run, else who asked for it. */
const startedByOf = ({ startedBy, parentTask, principal }: Run): StartedBy =>
  startedBy ?? (parentTask === undefined ? { kind: 'principal', name: principal } : { kind: 'task', name: parentTask });

/** A run with its steps and their tasks. */
export const runView = async (services: Services, run: Run): Promise<RunView> =>
  RunView.parse({
    runId: run.runId,
    workflow: run.workflow,
    version: run.version,
    mode: run.mode,
    choice: run.choice,
    status: run.status,
    startedBy: startedByOf(run),
    input: await withReadUrl(services, run.tenant, run.input),
    output: run.output === undefined ? undefined : await withReadUrl(services, run.tenant, run.output),
    error: run.error,
    progress: run.progress,
    result: run.status === 'FAILED' ? await readNote(services, run, resultNote) : undefined,
    steps: await stepsOf(services, run),
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    deadlineAt: run.deadlineAt,
    rev: run.rev,
  });

/** One run. @throws NotFoundError, also for another tenant's. */
export const readRunView = async (services: Services, tenant: TenantId, runId: RunId): Promise<RunView> =>
  runView(services, await readRun(services, tenant, runId));

/** A tenant's runs, newest first, without their steps. */
export const listRunViews = async (
  services: Services,
  tenant: TenantId,
  query: {
    readonly cursor?: string | undefined;
    readonly limit: number;
    readonly status?: RunView['status'] | undefined;
    readonly workflow?: string | undefined;
  },
): Promise<{ items: readonly Omit<RunView, 'steps'>[]; nextCursor?: string }> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.listOf(tenant, 'RUNS'),
    index: 'list',
    limit: query.limit,
    descending: true,
    cursor: query.cursor,
  });
  const runs = page.items.flatMap((item) => Run.safeParse(item).data ?? []);
  const items = runs
    .filter(({ status }) => query.status === undefined || status === query.status)
    .filter(({ workflow }) => query.workflow === undefined || workflow === query.workflow)
    .map((run) => {
      const { runId, workflow, version, mode, status, input, createdAt, startedAt, endedAt } = run;
      const startedBy = startedByOf(run);
      return {
        runId,
        workflow,
        version,
        mode,
        status,
        startedBy,
        input,
        createdAt,
        ...defined({ startedAt, endedAt }),
      };
    });
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};
