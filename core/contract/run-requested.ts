import type * as z from 'zod';
import { TenantId } from './ids.ts';
import { Traceparent } from './traceparent.ts';
import { RunRequest } from './workflow.ts';

/** `detail-type` by which anyone on the bus asks for a run. Putting it needs `events:PutEvents` on the bus, which is what proves the tenant. */
export const runRequestedType = 'muster.run.requested';

/** `detail` of a run request: as `POST /v1/runs`, with the tenant whose workflow it is. */
export const RunRequestedDetail = RunRequest.extend({ tenant: TenantId, traceparent: Traceparent.optional() });
export type RunRequestedDetail = z.infer<typeof RunRequestedDetail>;
