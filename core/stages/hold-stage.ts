import { keys } from '../contract/keys.ts';
import type { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { equal, present, set } from '../table/conditions.ts';
import { settleStage } from './join-stage.ts';
import type { Stage } from './stage.ts';

type StageKey = Pick<Stage, 'tenant' | 'runId' | 'position'>;

/** Keeps an open stage from letting more members go. Those that were let go work on. Repeatable. */
export const holdStage = async (services: Services, { tenant, runId, position }: StageKey): Promise<void> => {
  await services.table.update({
    key: keys.stage(tenant, runId, position),
    set: [set('isHeld', true)],
    clauses: { isUndecided: equal('status', 'OPEN') },
  });
};

/** Lets a stage go on, and the members go whose turn it is. Repeatable. */
export const unholdStage = async (services: Services, { tenant, runId, position }: StageKey): Promise<void> => {
  await services.table.update({
    key: keys.stage(tenant, runId, position),
    set: [],
    remove: [['isHeld']],
    clauses: { wasHeld: present('isHeld') },
  });
  await settleStage(services, { tenant, runId, position });
};

/** Brings a stage in step with its run, whichever of the two was written first: who wrote the other one looks here as well. */
export const followRun = async (services: Services, run: Pick<Run, 'status'>, stage: Stage): Promise<void> => {
  if (run.status === 'PAUSED' && stage.isHeld !== true) await holdStage(services, stage);
  if (run.status === 'RUNNING' && stage.isHeld === true) await unholdStage(services, stage);
};
