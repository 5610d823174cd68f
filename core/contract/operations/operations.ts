import type { Operation, RouteKey } from '../operation.ts';
import { accessOperations } from './access.ts';
import { agentOperations } from './agents.ts';
import { eventOperations } from './events.ts';
import { payloadOperations } from './payloads.ts';
import { runOperations } from './runs.ts';
import { specOperations } from './specs.ts';
import { stateOperations } from './state.ts';
import { systemOperations } from './system.ts';
import { taskOperations } from './tasks.ts';
import { triggerOperations } from './triggers.ts';
import { workflowOperations } from './workflows.ts';

/** Every route of the contract with what it takes and answers. */
export const operations: Readonly<Record<RouteKey, Operation>> = {
  ...accessOperations,
  ...agentOperations,
  ...taskOperations,
  ...eventOperations,
  ...workflowOperations,
  ...runOperations,
  ...payloadOperations,
  ...triggerOperations,
  ...stateOperations,
  ...systemOperations,
  ...specOperations,
};
