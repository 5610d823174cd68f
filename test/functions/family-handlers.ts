import type { RouteFamily } from '#core/contract/routes.ts';
import type { Services } from '#core/services.ts';
import { createAccessHandler } from '#functions/http/access.ts';
import { createAgentsHandler } from '#functions/http/agents.ts';
import { createEventsHandler } from '#functions/http/events.ts';
import { createPayloadsHandler } from '#functions/http/payloads.ts';
import { createRunsHandler } from '#functions/http/runs.ts';
import { createSpecsHandler } from '#functions/http/specs.ts';
import { createStateHandler } from '#functions/http/state.ts';
import { createSystemHandler } from '#functions/http/system.ts';
import { createTasksHandler } from '#functions/http/tasks.ts';
import { createTriggersHandler } from '#functions/http/triggers.ts';
import { createWorkflowsHandler } from '#functions/http/workflows.ts';
import type { callRoute } from './harness.ts';

/** The function of every family: the compiler asks for a new one's. */
export const familyHandlers: Readonly<Record<RouteFamily, (services: Services) => Parameters<typeof callRoute>[0]>> = {
  access: createAccessHandler,
  agents: createAgentsHandler,
  tasks: createTasksHandler,
  events: createEventsHandler,
  workflows: createWorkflowsHandler,
  runs: createRunsHandler,
  triggers: createTriggersHandler,
  payloads: createPayloadsHandler,
  state: createStateHandler,
  system: createSystemHandler,
  specs: createSpecsHandler,
};
