import type { Scope } from './roles.ts';

/** The resource families: one function each. */
export type RouteFamily =
  | 'agents'
  | 'tasks'
  | 'events'
  | 'workflows'
  | 'runs'
  | 'payloads'
  | 'system'
  | 'triggers'
  | 'state'
  | 'specs'
  | 'access';

/** One HTTP route. The infrastructure makes an API route of each and the family's function dispatches on `key`. */
export interface Route {
  readonly key: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /v1/${string}`;
  readonly family: RouteFamily;
  readonly scope: Scope;
}

/** Every HTTP route, authenticated and authorised for its scope before its handler runs. */
export const routes = [
  { key: 'GET /v1/agents', family: 'agents', scope: 'agents:read' },
  { key: 'POST /v1/agents', family: 'agents', scope: 'agents:write' },
  { key: 'GET /v1/agents/stats', family: 'agents', scope: 'agents:read' },
  { key: 'POST /v1/agents/spawn', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/agents/scale', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/agents/{agentId}/restart', family: 'agents', scope: 'agents:write' },
  { key: 'GET /v1/agents/{agentId}', family: 'agents', scope: 'agents:read' },
  { key: 'GET /v1/agents/{agentId}/status', family: 'agents', scope: 'agents:read' },
  { key: 'GET /v1/agents/{agentId}/mail', family: 'agents', scope: 'agents:read' },
  { key: 'PATCH /v1/agents/{agentId}', family: 'agents', scope: 'agents:write' },
  { key: 'DELETE /v1/agents/{agentId}', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/agents/{agentId}/pause', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/agents/{agentId}/resume', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/agents/{agentId}/drain', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/agents/{agentId}/stop', family: 'agents', scope: 'agents:write' },
  { key: 'POST /v1/tasks', family: 'tasks', scope: 'tasks:submit' },
  { key: 'POST /v1/tasks/batch', family: 'tasks', scope: 'tasks:submit' },
  { key: 'GET /v1/tasks', family: 'tasks', scope: 'tasks:read' },
  { key: 'GET /v1/tasks/{taskId}', family: 'tasks', scope: 'tasks:read' },
  { key: 'GET /v1/tasks/{taskId}/explain', family: 'tasks', scope: 'tasks:read' },
  { key: 'GET /v1/tasks/{taskId}/events', family: 'events', scope: 'tasks:read' },
  { key: 'POST /v1/tasks/{taskId}/cancel', family: 'tasks', scope: 'tasks:cancel' },
  { key: 'POST /v1/tasks/{taskId}/retry', family: 'tasks', scope: 'tasks:submit' },
  { key: 'POST /v1/tasks/{taskId}/late-results/{attempt}/accept', family: 'tasks', scope: 'tasks:operate' },
  { key: 'GET /v1/approvals', family: 'tasks', scope: 'tasks:read' },
  { key: 'POST /v1/approvals/{taskId}', family: 'tasks', scope: 'tasks:operate' },
  { key: 'POST /v1/approvals/{taskId}/links', family: 'tasks', scope: 'tasks:operate' },
  { key: 'POST /v1/escalations', family: 'tasks', scope: 'tasks:submit' },
  { key: 'GET /v1/escalations', family: 'tasks', scope: 'tasks:read' },
  { key: 'GET /v1/escalations/{taskId}', family: 'tasks', scope: 'tasks:read' },
  { key: 'GET /v1/queue/status', family: 'tasks', scope: 'tasks:read' },
  { key: 'POST /v1/queue/clear-stuck', family: 'tasks', scope: 'tasks:operate' },
  { key: 'GET /v1/dead-letters', family: 'tasks', scope: 'tasks:read' },
  { key: 'POST /v1/dead-letters/redrive', family: 'tasks', scope: 'tasks:operate' },
  { key: 'POST /v1/messages', family: 'tasks', scope: 'messages:send' },
  { key: 'POST /v1/workflows', family: 'workflows', scope: 'workflows:write' },
  { key: 'GET /v1/workflows', family: 'workflows', scope: 'workflows:read' },
  { key: 'GET /v1/workflows/{name}', family: 'workflows', scope: 'workflows:read' },
  { key: 'GET /v1/workflows/{name}/versions', family: 'workflows', scope: 'workflows:read' },
  { key: 'GET /v1/workflows/{name}/versions/{version}', family: 'workflows', scope: 'workflows:read' },
  { key: 'POST /v1/runs', family: 'runs', scope: 'runs:start' },
  { key: 'POST /v1/workflows/{name}/runs', family: 'runs', scope: 'runs:start' },
  { key: 'GET /v1/runs', family: 'runs', scope: 'runs:read' },
  { key: 'GET /v1/runs/{runId}', family: 'runs', scope: 'runs:read' },
  { key: 'GET /v1/runs/{runId}/events', family: 'events', scope: 'runs:read' },
  { key: 'POST /v1/runs/{runId}/cancel', family: 'runs', scope: 'runs:cancel' },
  { key: 'POST /v1/runs/{runId}/stop', family: 'runs', scope: 'runs:cancel' },
  { key: 'GET /v1/runs/{runId}/timeline', family: 'runs', scope: 'runs:read' },
  { key: 'POST /v1/runs/{runId}/pause', family: 'runs', scope: 'runs:cancel' },
  { key: 'POST /v1/runs/{runId}/resume', family: 'runs', scope: 'runs:cancel' },
  { key: 'POST /v1/triggers', family: 'triggers', scope: 'workflows:write' },
  { key: 'GET /v1/triggers', family: 'triggers', scope: 'workflows:read' },
  { key: 'GET /v1/triggers/{name}', family: 'triggers', scope: 'workflows:read' },
  { key: 'DELETE /v1/triggers/{name}', family: 'triggers', scope: 'workflows:write' },
  { key: 'POST /v1/payloads', family: 'payloads', scope: 'payloads:write' },
  { key: 'GET /v1/state/{scope}', family: 'state', scope: 'state:read' },
  { key: 'POST /v1/state', family: 'state', scope: 'state:write' },
  { key: 'POST /v1/conflicts', family: 'tasks', scope: 'conflicts:report' },
  { key: 'GET /v1/conflicts', family: 'tasks', scope: 'conflicts:read' },
  { key: 'GET /v1/conflicts/stats', family: 'tasks', scope: 'conflicts:read' },
  { key: 'GET /v1/conflicts/{conflictId}', family: 'tasks', scope: 'conflicts:read' },
  { key: 'POST /v1/values', family: 'runs', scope: 'state:write' },
  { key: 'GET /v1/values/{scope}/{name}', family: 'runs', scope: 'state:read' },
  { key: 'GET /v1/values/{scope}/{name}/versions', family: 'runs', scope: 'state:read' },
  { key: 'POST /v1/keys', family: 'access', scope: 'keys:manage' },
  { key: 'GET /v1/keys', family: 'access', scope: 'keys:manage' },
  { key: 'DELETE /v1/keys/{keyId}', family: 'access', scope: 'keys:manage' },
  { key: 'POST /v1/tickets', family: 'access', scope: 'tickets:create' },
  { key: 'POST /v1/tenants', family: 'access', scope: 'tenants:manage' },
  { key: 'GET /v1/tenants', family: 'access', scope: 'tenants:manage' },
  { key: 'GET /v1/tenants/{tenant}', family: 'access', scope: 'tenants:manage' },
  { key: 'PATCH /v1/tenants/{tenant}', family: 'access', scope: 'tenants:manage' },
  { key: 'GET /v1/audit', family: 'system', scope: 'system:audit' },
  { key: 'GET /v1/settings', family: 'system', scope: 'system:read' },
  { key: 'PUT /v1/settings', family: 'system', scope: 'system:write' },
  { key: 'GET /v1/system/health', family: 'system', scope: 'system:read' },
  { key: 'GET /v1/system/status', family: 'system', scope: 'system:read' },
  { key: 'GET /v1/system/errors', family: 'system', scope: 'system:read' },
  { key: 'GET /v1/system/metrics', family: 'system', scope: 'system:read' },
  { key: 'POST /v1/system/initialize', family: 'system', scope: 'system:write' },
  { key: 'POST /v1/system/shutdown', family: 'system', scope: 'system:write' },
  { key: 'POST /v1/system/stop', family: 'system', scope: 'system:write' },
  { key: 'POST /v1/system/resume', family: 'system', scope: 'system:write' },
  { key: 'GET /v1/system/debug', family: 'system', scope: 'system:read' },
  { key: 'PUT /v1/system/debug', family: 'system', scope: 'system:write' },
  { key: 'GET /v1/openapi.json', family: 'specs', scope: 'system:read' },
  { key: 'GET /v1/asyncapi.json', family: 'specs', scope: 'system:read' },
] as const satisfies readonly Route[];
