import type { RouteKey } from './operation.ts';

/** A path that older documents use for a route. It takes and answers what the route does. */
export interface Alias {
  readonly key: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /api/${string}`;
  readonly route: RouteKey;
}

/** The documents' paths (API-1 to API-22), each with the route that it stands for. Parameters have the same names. */
export const aliases = [
  { key: 'POST /api/agents/create', route: 'POST /v1/agents' },
  { key: 'POST /api/agents', route: 'POST /v1/agents/spawn' },
  { key: 'GET /api/agents/list', route: 'GET /v1/agents' },
  { key: 'GET /api/agents/{agentId}', route: 'GET /v1/agents/{agentId}' },
  { key: 'DELETE /api/agents/{agentId}', route: 'DELETE /v1/agents/{agentId}' },
  { key: 'POST /api/agents/tasks/submit', route: 'POST /v1/tasks' },
  { key: 'GET /api/agents/tasks/{taskId}', route: 'GET /v1/tasks/{taskId}' },
  { key: 'POST /api/agents/tasks/{taskId}/cancel', route: 'POST /v1/tasks/{taskId}/cancel' },
  { key: 'POST /api/agents/workflows/create', route: 'POST /v1/workflows' },
  { key: 'POST /api/agents/workflows/{name}/start', route: 'POST /v1/workflows/{name}/runs' },
  { key: 'GET /api/agents/workflows/list', route: 'GET /v1/workflows' },
  { key: 'GET /api/agents/workflows/{name}', route: 'GET /v1/workflows/{name}' },
  { key: 'GET /api/agents/status', route: 'GET /v1/system/status' },
  { key: 'GET /api/agents/metrics', route: 'GET /v1/system/metrics' },
  { key: 'POST /api/agents/initialize', route: 'POST /v1/system/initialize' },
  { key: 'POST /api/agents/shutdown', route: 'POST /v1/system/shutdown' },
  { key: 'GET /api/agents/{agentId}/status', route: 'GET /v1/agents/{agentId}/status' },
  { key: 'POST /api/agents/{agentId}/restart', route: 'POST /v1/agents/{agentId}/restart' },
  { key: 'GET /api/tasks/queue/status', route: 'GET /v1/queue/status' },
  { key: 'POST /api/tasks/queue/clear-stuck', route: 'POST /v1/queue/clear-stuck' },
  { key: 'POST /api/agents/scale', route: 'POST /v1/agents/scale' },
  { key: 'GET /api/agents/errors/stats', route: 'GET /v1/system/errors' },
  { key: 'PUT /api/debug/enable', route: 'PUT /v1/system/debug' },
] as const satisfies readonly Alias[];
