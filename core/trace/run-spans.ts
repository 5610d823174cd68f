import type { Traceparent } from '../contract/traceparent.ts';
import type { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import type { Stage } from '../stages/stage.ts';
import { childOf, logSpan } from './span.ts';

type Traced = Pick<Run, 'runId' | 'traceparent'>;

const runSpan = (runId: string): readonly string[] => ['collaboration', runId];
const phaseSpan = (runId: string, position: number): readonly string[] => ['phase', runId, String(position)];

/** Under what everything of a run lies. */
export const traceOfRun = ({ runId, traceparent }: Traced): Traceparent | undefined =>
  traceparent === undefined ? undefined : childOf(traceparent, ...runSpan(runId));

/** Under what the tasks of a run's stage lie. */
export const traceOfPhase = (run: Traced, position: number): Traceparent | undefined =>
  run.traceparent === undefined ? undefined : childOf(run.traceparent, ...phaseSpan(run.runId, position));

/** The whole of a run that has ended. */
export const traceRun = (services: Pick<Services, 'log'>, run: Run, agents: number): void => {
  const { runId, traceparent, mode, createdAt, endedAt } = run;
  if (traceparent === undefined || endedAt === undefined) return;
  logSpan(services, {
    name: 'collaboration.execute',
    parent: traceparent,
    of: runSpan(runId),
    startedAt: createdAt,
    endedAt,
    attributes: { 'task.id': runId, pattern: mode, 'agents.count': agents },
  });
};

/** A stage of a run that is decided. */
export const tracePhase = (services: Pick<Services, 'log'>, stage: Stage): void => {
  const { runId, position, parts, total, createdAt, decidedAt, trace } = stage;
  if (trace === undefined || decidedAt === undefined) return;
  logSpan(services, {
    name: `collaboration.phase.${parts[0]?.step ?? position}`,
    parent: trace.parent,
    of: phaseSpan(runId, position),
    startedAt: createdAt,
    endedAt: decidedAt,
    attributes: { 'task.id': runId, 'phase.type': trace.kind, 'phase.agents': total },
  });
};
