import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import { Stage, type StagePart } from '../stages/stage.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import type { Run } from './run.ts';

const pageSize = 100;

/** A run's stages that were asked for so far, by position. Strongly consistent. */
export const readStages = async (services: Services, run: Pick<Run, 'tenant' | 'runId'>): Promise<readonly Stage[]> => {
  const stages: Stage[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition: keys.run(run.tenant, run.runId).pk,
      prefix: 'STAGE#',
      limit: 1000,
      consistent: true,
      ...(cursor === undefined ? {} : { cursor }),
    });
    stages.push(...page.items.map((item) => Stage.parse(item)));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return stages;
};

/** A stage's member tasks, in order; absent ones are `undefined`. Strongly consistent. */
export const readMembers = async (
  services: Services,
  run: Pick<Run, 'tenant' | 'runId'>,
  position: number,
  part: Pick<StagePart, 'from' | 'count'>,
): Promise<readonly (Task | undefined)[]> => {
  const ids = Array.from({ length: part.count }, (_, offset) =>
    memberTaskId(run.tenant, run.runId, position, part.from + offset),
  );
  const found = new Map<string, Task>();
  for (let start = 0; start < ids.length; start += pageSize) {
    const items = await services.table.getMany(
      ids.slice(start, start + pageSize).map((id) => keys.task(run.tenant, id)),
      { consistent: true },
    );
    for (const item of items) {
      const task = readTask(item);
      if (task.kind === 'task') found.set(task.task.taskId, task.task);
    }
  }
  return ids.map((id) => found.get(id));
};
