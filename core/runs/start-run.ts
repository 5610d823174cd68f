import { canonicalJson, hashUuid, sha256Hex } from '../common/hash-id.ts';
import { RunId, type TaskId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import type { Traceparent } from '../contract/traceparent.ts';
import type { RunRequest, StartedBy } from '../contract/workflow.ts';
import type { Principal } from '../identity/principal.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { fitPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { absent, equal, plus, set, setDefault } from '../table/conditions.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';
import { traceOfRun } from '../trace/run-spans.ts';
import { reuseOf } from './reuse-run.ts';
import { Run } from './run.ts';
import { newestVersion, readWorkflow } from './workflow-store.ts';

/** Who starts which workflow, and under which key. */
export interface StartRequest {
  readonly principal: Principal;
  readonly request: RunRequest;
  /** The same principal's same key names the same run. */
  readonly idempotencyKey: string;
  /** The task that it does, how many runs it is inside of then, and the deadline of the run around it, which is its own too. */
  readonly parent?: { readonly task: TaskId; readonly depth: number; readonly deadlineAt: number };
  /** What started it, where that is neither a caller nor a task. */
  readonly startedBy?: StartedBy | undefined;
  /** The trace that it belongs to. */
  readonly traceparent?: Traceparent | undefined;
}

/** The id of the run that a principal starts under a key. */
export const startedRunId = (principal: Principal, idempotencyKey: string): RunId =>
  RunId.parse(`run_${hashUuid('run', principal.tenant, principal.id, idempotencyKey)}`);

/** A state's own limit, well beyond what its tasks may take one after the other: a backstop, never what ends a task. */
const stageBackstop = 3600;

/** Which state machine, and what it is given: ids, counts and time limits, never payloads. */
const executionOf = async (services: Services, run: Run): Promise<{ machine: string; input: unknown }> => {
  const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
  const { machine, outline } = rulesOf(definition);
  const timeoutSeconds = definition.timeoutSeconds + stageBackstop;
  const stages = outline.map((_stage, stage) => ({ stage, timeoutSeconds }));
  const traceparent = traceOfRun(run);
  const trace = traceparent === undefined ? {} : { traceparent };
  return { machine, input: { tenant: run.tenant, runId: run.runId, timeoutSeconds, stages, ...trace } };
};

/**
 * Starts a written run's execution, under the run's own id: doing it again is harmless. The sweep repeats it for a run
 * that a crash left STARTING.
 */
export const startExecution = async (services: Services, run: Run): Promise<Run> => {
  const { machine, input } = await executionOf(services, run);
  const executionArn = await services.executions.start({ mode: machine, runId: run.runId, input });
  const written = await services.table.update({
    key: keys.run(run.tenant, run.runId),
    set: [
      set('status', 'RUNNING'),
      set('executionArn', executionArn),
      setDefault('startedAt', services.clock.now()),
      plus('rev', 1),
    ],
    clauses: { isStarting: equal('status', 'STARTING') },
  });
  return written.item === undefined ? run : Run.parse(written.item);
};

/** Where a run comes from, as it is kept. */
const originOf = ({
  parent,
  startedBy,
  traceparent,
}: Pick<StartRequest, 'parent' | 'startedBy' | 'traceparent'>): Partial<Run> => ({
  ...(startedBy === undefined ? {} : { startedBy }),
  ...(traceparent === undefined ? {} : { traceparent }),
  ...(parent === undefined ? {} : { parentTask: parent.task, depth: parent.depth }),
});

/**
 * Starts a run of a workflow, pinned to the version that is newest now or to the one asked for. The run is written
 * first; a repeat with the same key is the same run.
 *
 * @throws NotFoundError for an unknown workflow, IdempotencyMismatchError, PayloadTooLargeError.
 */
export const startRun = async (
  services: Services,
  { principal, request, idempotencyKey, ...from }: StartRequest,
): Promise<Run> => {
  const { tenant } = principal;
  const requestHash = sha256Hex(canonicalJson(request));
  const runId = startedRunId(principal, idempotencyKey);
  const version = request.version ?? (await newestVersion(services, tenant, request.workflow));
  const { definition, choice } = await readWorkflow(services, tenant, request.workflow, version);
  const reuse = request.reuse === undefined ? undefined : await reuseOf(services, tenant, request, definition);
  const nowMs = services.clock.now();
  const key = keys.run(tenant, runId);
  const run: Run = {
    tenant,
    runId,
    workflow: request.workflow,
    version,
    mode: definition.mode,
    ...(choice === undefined ? {} : { choice }),
    status: 'STARTING',
    input: await fitPayload(services, tenant, 'input', reuse?.input ?? request.input),
    ...(reuse === undefined ? {} : { reuse: reuse.reuse }),
    requestHash,
    principal: principal.id,
    ...originOf(from),
    createdAt: nowMs,
    deadlineAt: Math.min(nowMs + definition.timeoutSeconds * 1000, from.parent?.deadlineAt ?? Infinity),
    rev: 1,
  };
  const written = await services.table.put({
    key,
    item: { ...run, ...indexKeys.open(key), ...indexKeys.list(tenant, 'RUNS', indexKeys.byTime(nowMs, runId)) },
    clauses: { isNew: absent('pk') },
  });
  const stored = written.won ? run : Run.parse(written.item);
  if (stored.requestHash !== requestHash) throw new IdempotencyMismatchError();
  return stored.status === 'STARTING' ? startExecution(services, stored) : stored;
};
