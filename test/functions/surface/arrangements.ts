import type { Arrangement, SurfaceWorld } from './world.ts';

type Arrange = (world: SurfaceWorld) => Promise<Arrangement>;

const none: Arrange = async () => ({});

/** How a parameter of a path gets a value that exists, where an operation does not say otherwise. */
const byParameter: Readonly<Record<string, (world: SurfaceWorld, path: string) => Promise<string>>> = {
  agentId: (world) => world.agent(),
  taskId: (world) => world.queued(),
  runId: (world) => world.started(),
  name: (world, path) => {
    if (path.startsWith('/v1/values')) return world.value();
    return path.startsWith('/v1/triggers') ? world.trigger() : world.workflow();
  },
  version: async () => '1',
  keyId: (world) => world.apiKey(),
  tenant: (world) => world.tenant(),
  scope: (world, path) => (path.startsWith('/v1/values') ? world.value() : world.state()),
  conflictId: (world) => world.conflict(),
};

/** What may be asked of one thing again and again. */
export const isReusable = (method: string, path: string): boolean =>
  method === 'GET' || method === 'PATCH' || /\/(pause|resume|drain|restart)$/.test(path);

/** Values of a path's parameters, made once for what leaves them as they are and each time for what uses them up. */
const reused = new Map<string, Promise<string>>();

export const arrange = async (world: SurfaceWorld, method: string, path: string): Promise<Arrangement> => {
  const special = specials[`${method} ${path}`];
  if (special !== undefined) return special(world);
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const values = names.map(async (name): Promise<[string, string]> => {
    const make = byParameter[name];
    if (make === undefined) throw new Error(`nothing makes a ${name} for ${path}: add it to byParameter`);
    if (!isReusable(method, path)) return [name, await make(world, path)];
    const kind = `${world.key} ${name} ${path.split('/')[2] ?? ''}`;
    const value = reused.get(kind) ?? make(world, path);
    reused.set(kind, value);
    return [name, await value];
  });
  const params = Object.fromEntries(await Promise.all(values));
  // To wait for what does not come is tried elsewhere.
  return path.endsWith('/events') ? { params, query: { waitSeconds: '0' } } : { params };
};

/** What some operations need beside existing ids. */
const specials: Readonly<Record<string, Arrange>> = {
  'DELETE /v1/agents/{agentId}': async (world) => ({ params: { agentId: await world.draft() } }),
  'POST /v1/runs/{runId}/cancel': async (world) => ({ params: { runId: await world.started() }, body: {} }),
  'POST /v1/agents': async (world) => ({ fix: { name: world.name() } }),
  'POST /v1/tasks': async () => ({ fix: { kind: 'work', runAt: undefined, approval: undefined } }),
  'POST /v1/tasks/batch': async () => ({ body: { tasks: [{ type: 'x' }, { type: 'y', priority: 'high' }] } }),
  'POST /v1/tasks/{taskId}/retry': async (world) => ({ params: { taskId: await world.cancelled() }, body: {} }),
  'POST /v1/tasks/{taskId}/late-results/{attempt}/accept': async (world) => ({
    params: { taskId: await world.late(), attempt: '1' },
  }),
  'POST /v1/approvals/{taskId}': async (world) => ({
    params: { taskId: await world.approval() },
    fix: { decision: 'approved' },
  }),
  'POST /v1/approvals/{taskId}/links': async (world) => ({
    params: { taskId: await world.approval() },
    fix: { decision: undefined },
  }),
  'PUT /v1/settings': async () => ({ fix: { escalationChain: undefined } }),
  'POST /v1/escalations': async () => ({ fix: { taskId: undefined, options: undefined, chain: undefined } }),
  'GET /v1/escalations/{taskId}': async (world) => ({ params: { taskId: await world.escalation() } }),
  'POST /v1/workflows': async (world) => ({
    body: { name: world.name(), mode: 'sequential', steps: [{ id: 'a', type: 'x' }] },
  }),
  'POST /v1/runs': async (world) => ({ fix: { workflow: await world.workflow(), version: undefined } }),
  'POST /v1/workflows/{name}/runs': async (world) => ({
    params: { name: await world.workflow() },
    fix: { version: undefined },
  }),
  'POST /v1/triggers': async (world) => ({
    body: { name: world.name(), workflow: await world.workflow(), eventPattern: { source: ['x'] } },
  }),
  'POST /v1/tenants': async (world) => ({ fix: { tenant: world.name() } }),
  // A tenant that the caller does not look after is answered as unknown; the home tenant's administrator looks after all.
  // What is generated may be of any size, and a name has room for so much.
  // A version that is not there yet is refused.
  'POST /v1/values': async (world) => ({ fix: { scope: world.name(), baseVersion: 0, at: undefined } }),
  'POST /v1/state': async (world) => ({ fix: { scope: world.name() } }),
  'POST /v1/payloads': async () => ({ fix: { bytes: 1000 } }),
  'POST /v1/system/shutdown': none,
  'POST /v1/runs/{runId}/stop': async (world) => ({ params: { runId: await world.started() }, body: {} }),
};

/** A request that a state refuses with 409, for the operations that describe one. */
export const conflicts: Readonly<Record<string, Arrange>> = {
  'POST /v1/agents': async (world) => {
    const name = world.name();
    await world.draft(name);
    return { body: { name, description: 'another' } };
  },
  'PATCH /v1/agents/{agentId}': async (world) => ({
    params: { agentId: await world.draft() },
    body: { maxConcurrency: 3 },
  }),
  'POST /v1/agents/{agentId}/pause': async (world) => ({ params: { agentId: await world.draft() } }),
  'POST /v1/agents/{agentId}/resume': async (world) => ({ params: { agentId: await world.draft() } }),
  'POST /v1/agents/{agentId}/drain': async (world) => ({ params: { agentId: await world.draft() } }),
  'POST /v1/tasks/{taskId}/cancel': async (world) => {
    const taskId = await world.late();
    await world.call(`POST /tasks/${taskId}/late-results/1/accept`);
    return { params: { taskId }, body: {} };
  },
  'POST /v1/tasks/{taskId}/retry': async (world) => ({ params: { taskId: await world.queued() }, body: {} }),
  'POST /v1/tasks/{taskId}/late-results/{attempt}/accept': async (world) => {
    const taskId = await world.late();
    await world.call(`POST /tasks/${taskId}/cancel`, {});
    return { params: { taskId, attempt: '1' } };
  },
  'POST /v1/approvals/{taskId}': async (world) => {
    const taskId = await world.approval();
    await world.call(`POST /approvals/${taskId}`, { decision: 'approved' });
    return { params: { taskId }, body: { decision: 'denied' } };
  },
  'POST /v1/approvals/{taskId}/links': async (world) => {
    const taskId = await world.approval();
    await world.call(`POST /approvals/${taskId}`, { decision: 'approved' });
    return { params: { taskId }, body: { for: 'ada' } };
  },
  'POST /v1/runs/{runId}/cancel': async (world) => {
    const runId = await world.ended();
    return { params: { runId }, body: {} };
  },
  'POST /v1/runs/{runId}/pause': async (world) => ({ params: { runId: await world.ended() } }),
  'POST /v1/runs/{runId}/stop': async (world) => ({ params: { runId: await world.ended() }, body: {} }),
  'POST /v1/agents/{agentId}/stop': async (world) => ({ params: { agentId: await world.draft() }, body: {} }),
  'POST /v1/runs/{runId}/resume': async (world) => ({ params: { runId: await world.ended() } }),
  'POST /v1/tenants': async (world) => {
    const tenant = await world.tenant();
    return { body: { tenant } };
  },
};
