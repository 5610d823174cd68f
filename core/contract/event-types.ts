import * as z from 'zod';
import { TenantId } from './ids.ts';
import { RunRequest } from './workflow.ts';

/** `source` of every event that Muster puts on its bus. */
export const eventSource = 'muster';

/** `detail-type` of what Muster publishes. */
export const eventTypes = {
  runStarted: 'RunStarted',
  runCompleted: 'RunCompleted',
  taskCompleted: 'TaskCompleted',
} as const;

/** `detail-type` by which anyone on the bus asks for a run. Putting it needs `events:PutEvents` on the bus, which is what proves the tenant. */
export const runRequestedType = 'muster.run.requested';

/** `detail` of a run request: as `POST /v1/runs`, with the tenant whose workflow it is. */
export const RunRequestedDetail = RunRequest.extend({ tenant: TenantId });
export type RunRequestedDetail = z.infer<typeof RunRequestedDetail>;
