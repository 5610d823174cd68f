import { keys } from '../contract/keys.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { isLive, Run, readRun } from '../runs/run.ts';
import { readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { plus, set } from '../table/conditions.ts';
import { tellWatchers } from '../watch/watchers.ts';
import type { Stage } from './stage.ts';

/** Keeps with the run how far it is, and tells whoever watches it. Of two at once the later stands. */
export const reportProgress = async (services: Services, { tenant, runId }: Stage): Promise<void> => {
  const run = await readRun(services, tenant, runId);
  if (!isLive(run)) return;
  const { definition } = await readWorkflow(services, tenant, run.workflow, run.version);
  const progress = await rulesOf(definition).progress?.({ services, run });
  if (progress === undefined) return;
  const written = await services.table.update({
    key: keys.run(tenant, runId),
    set: [set('progress', progress), plus('rev', 1)],
    clauses: {},
  });
  const { rev } = Run.parse(written.item);
  await tellWatchers(services, tenant, runId, {
    seq: rev,
    type: 'run.progress',
    at: services.clock.now(),
    runId,
    data: { status: run.status, progress },
  });
};
