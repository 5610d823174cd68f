import { RunId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { ConflictError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { holdStage, unholdStage } from '../stages/hold-stage.ts';
import { equal, plus, set } from '../table/conditions.ts';
import { RunEndedError } from './cancel-run.ts';
import { readMembers, readStages } from './members.ts';
import { Run, readRun } from './run.ts';

/** One that is over, or is being cancelled, is neither paused nor resumed. */
const checkOpen = (run: Run): void => {
  if (isTerminal(run.status)) throw new RunEndedError(run.runId, run.status);
  if (run.status === 'STARTING' || run.status === 'CANCELLING') throw new ConflictError(`Run ${run.runId}`);
};

/** The runs that do steps of this one, as far as they were started. */
const childrenOf = async (services: Services, run: Run): Promise<readonly RunId[]> => {
  const children: RunId[] = [];
  for (const stage of await readStages(services, run)) {
    if (stage.status !== 'OPEN') continue;
    for (const task of await readMembers(services, run, stage.position, { from: 0, count: stage.total }))
      if (task?.childRunId !== undefined && !isTerminal(task.status)) children.push(task.childRunId);
  }
  return children;
};

/** Pauses that are kept: the timeline tells of them. */
const mostPauses = 50;

const pausesAfter = ({ pauses = [] }: Run, to: 'RUNNING' | 'PAUSED', nowMs: number): NonNullable<Run['pauses']> => {
  if (to === 'PAUSED') return [...pauses, { from: nowMs }].slice(-mostPauses);
  return pauses.map((pause) => (pause.to === undefined ? { ...pause, to: nowMs } : pause));
};

const turn = async (
  services: Services,
  run: Run,
  from: 'RUNNING' | 'PAUSED',
  to: 'RUNNING' | 'PAUSED',
): Promise<Run> => {
  const written = await services.table.update({
    key: keys.run(run.tenant, run.runId),
    set: [set('status', to), set('pauses', pausesAfter(run, to, services.clock.now())), plus('rev', 1)],
    clauses: { isAsSeen: equal('status', from) },
  });
  return written.item === undefined ? run : Run.parse(written.item);
};

/**
 * Pauses a run and the runs inside it: work that agents have goes on to its end, nothing new begins. Its deadline and
 * those of its tasks stay. Repeatable.
 *
 * @throws NotFoundError, RunEndedError; ConflictError for one that has not begun yet or is being cancelled.
 */
export const pauseRun = async (services: Services, principal: Principal, runId: RunId): Promise<Run> => {
  const read = await readRun(services, principal.tenant, runId);
  checkOpen(read);
  const run = await turn(services, read, 'RUNNING', 'PAUSED');
  checkOpen(run);
  for (const stage of await readStages(services, run)) if (stage.status === 'OPEN') await holdStage(services, stage);
  for (const child of await childrenOf(services, run)) await quietly(pauseRun(services, principal, child));
  return run;
};

/**
 * Lets a paused run go on, and the runs inside it. Repeatable: a call that died half way is finished by the next one, or
 * by the sweep.
 *
 * @throws NotFoundError, RunEndedError; ConflictError for one that has not begun yet or is being cancelled.
 */
export const resumeRun = async (services: Services, principal: Principal, runId: RunId): Promise<Run> => {
  const read = await readRun(services, principal.tenant, runId);
  checkOpen(read);
  const run = await turn(services, read, 'PAUSED', 'RUNNING');
  checkOpen(run);
  for (const stage of await readStages(services, run)) if (stage.status === 'OPEN') await unholdStage(services, stage);
  for (const child of await childrenOf(services, run)) await quietly(resumeRun(services, principal, child));
  return run;
};

/** A run inside that has just ended is as good as paused, or resumed. */
const quietly = async (turned: Promise<Run>): Promise<void> => {
  try {
    await turned;
  } catch (error) {
    if (!(error instanceof RunEndedError)) throw error;
  }
};
