import { eventTypes } from '../contract/event-types.ts';
import type { Json } from '../contract/json.ts';
import { isTerminal } from '../contract/task.ts';
import { Run } from '../runs/run.ts';
import { Stage } from '../stages/stage.ts';
import type { Item } from '../table/table.ts';
import { traceOfRun } from '../trace/run-spans.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';

type Kind = LifecycleEvent['type'];

const eventOf = (
  run: Pick<Run, 'tenant' | 'runId'>,
  type: Kind,
  suffix: string,
  more: Pick<LifecycleEvent, 'timestamp' | 'facts' | 'traceparent'>,
): LifecycleEvent => {
  const { tenant, runId } = run;
  const id = `${runId}:${type}${suffix}`;
  return { type, id, tenant, source: runId, coordinatorId: runId, ...more, facts: { runId, ...more.facts } };
};

/** The run's end: its state, what came of it (itself or its claim check), and the decision of voters who came to one. */
const endingOf = (run: Run, endedAt: number, result: Json | undefined): readonly LifecycleEvent[] => {
  const { workflow, version, mode, status, output, error, createdAt } = run;
  const isDecision = status === 'SUCCEEDED' && result !== undefined;
  const facts = { workflow, version, mode, status, output, error, createdAt, endedAt };
  const trace = { timestamp: endedAt, traceparent: traceOfRun(run) };
  const at = { ...trace, facts: { ...facts, ...(isDecision ? {} : { result }) } };
  const decision = { ...trace, facts: { workflow, version, result } };
  return [
    ...(isDecision ? [eventOf(run, eventTypes.consensusReached, '', decision)] : []),
    eventOf(run, eventTypes.stateChanged, `:${status}`, at),
    eventOf(run, eventTypes.runCompleted, '', at),
  ];
};

const progressOf = (run: Run, before: Run | undefined, nowMs: number): readonly LifecycleEvent[] => {
  const { workflow, version, progress, rev } = run;
  if (progress === undefined || JSON.stringify(progress) === JSON.stringify(before?.progress)) return [];
  const facts = { workflow, version, progress };
  return [
    eventOf(run, eventTypes.progressUpdate, `:${rev}`, { timestamp: nowMs, traceparent: traceOfRun(run), facts }),
  ];
};

/**
 * What a run's write means to the bus. An end is told by every write that shows it, so that it is told at least once; a
 * change before the end as the one write that makes it. `result` is what a mode noted, as it is kept.
 */
export const eventsOfRun = (
  run: Run,
  old: Item | undefined,
  { nowMs, result }: { readonly nowMs: number; readonly result: Json | undefined },
): readonly LifecycleEvent[] => {
  if (run.endedAt !== undefined && isTerminal(run.status)) return endingOf(run, run.endedAt, result);
  const before = old === undefined ? undefined : Run.parse(old);
  const { workflow, version, mode, status, startedAt, createdAt, rev } = run;
  if (status === 'STARTING' || before?.status === status) return progressOf(run, before, nowMs);
  const isStart = status === 'RUNNING' && before?.status !== 'PAUSED';
  const facts = { workflow, version, mode, status, from: before?.status, createdAt };
  const timestamp = isStart ? (startedAt ?? nowMs) : nowMs;
  return [eventOf(run, eventTypes.stateChanged, `:${rev}`, { timestamp, traceparent: traceOfRun(run), facts })];
};

/** What a stage's write means to the bus: that agents are asked for their votes, or that a part of its run is done. */
export const eventsOfStage = (stage: Stage, old: Item | undefined, nowMs: number): readonly LifecycleEvent[] => {
  const before = old === undefined ? undefined : Stage.parse(old);
  if (before?.status === stage.status) return [];
  const { position, parts, result, createdAt, total } = stage;
  const trace = { traceparent: stage.trace?.parent };
  const at = { stage: position, steps: parts.map(({ step }) => step) };
  if (stage.status === 'OPEN') {
    const facts = { ...at, invited: total };
    return [eventOf(stage, eventTypes.voteRequested, `:${position}`, { timestamp: createdAt, ...trace, facts })];
  }
  if (result === undefined) return [];
  const { outcome, counts, summary } = result;
  const facts = { ...at, outcome, counts, summary };
  return [
    eventOf(stage, eventTypes.milestoneReached, `:${position}`, {
      timestamp: stage.decidedAt ?? nowMs,
      ...trace,
      facts,
    }),
  ];
};
