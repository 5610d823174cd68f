import { placeStoredTask } from '../assignment/place-task.ts';
import type { TaskId, TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { storePayload, withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { readTask, type Task } from './task.ts';
import { resumeParent } from './task-writes.ts';

/** The tasks among `children` that exist, as they are now. */
export const readChildren = async (
  services: Services,
  tenant: TenantId,
  children: readonly TaskId[],
): Promise<readonly Task[]> => {
  const items = await services.table.getMany(
    children.map((child) => keys.task(tenant, child)),
    { consistent: true },
  );
  return items.flatMap((item) => {
    const found = readTask(item);
    return found.kind === 'task' ? [found.task] : [];
  });
};

const resultOf = async (services: Services, child: Task): Promise<Json> =>
  Json.parse({
    taskId: child.taskId,
    status: child.status,
    ...(child.output === undefined ? {} : { output: await withReadUrl(services, child.tenant, child.output) }),
    ...(child.error === undefined ? {} : { error: child.error }),
  });

/**
 * A child has ended: its parent goes on when it waits and no child is open any more. Repeatable; the stream repeats it
 * after a crash.
 */
export const wakeParent = async (services: Services, tenant: TenantId, parentTask: TaskId): Promise<void> => {
  const found = readTask(await services.table.get(keys.task(tenant, parentTask), { consistent: true }));
  if (found.kind !== 'task' || found.task.status !== 'PENDING' || found.task.waitingFor === undefined) return;
  const { task } = found;
  const children = await readChildren(services, tenant, found.task.waitingFor);
  // One that is gone has ended long ago.
  if (children.some((child) => !isTerminal(child.status))) return;
  const results = await Promise.all(children.map((child) => resultOf(services, child)));
  const bundle = await storePayload(services, tenant, 'children', results);
  const written = await services.table.update(resumeParent(task, bundle, services.clock.now()));
  const resumed = written.won ? readTask(written.item) : undefined;
  if (resumed?.kind === 'task') await placeStoredTask(services, resumed.task);
};
