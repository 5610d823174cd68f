import * as z from 'zod';

/** Who may do what. Everything that no role's scopes name is refused. */
export const Role = z.enum(['admin', 'operator', 'submitter', 'agent', 'viewer']);
export type Role = z.infer<typeof Role>;

/** What a route or frame needs. */
export const Scope = z.enum([
  'agents:read',
  'agents:write',
  'agents:connect',
  'tasks:read',
  'tasks:submit',
  'tasks:cancel',
  'tasks:work',
  'tasks:operate',
  'messages:send',
  'secrets:use',
  'system:audit',
  'system:write',
  'workflows:read',
  'workflows:write',
  'runs:read',
  'runs:start',
  'runs:cancel',
  'payloads:write',
  'state:read',
  'state:write',
  'conflicts:read',
  'conflicts:report',
  'system:read',
  'tickets:create',
  'keys:manage',
  'tenants:manage',
]);
export type Scope = z.infer<typeof Scope>;

const view: readonly Scope[] = [
  'agents:read',
  'tasks:read',
  'workflows:read',
  'runs:read',
  'state:read',
  'conflicts:read',
  'system:read',
  'tickets:create',
];
const submit: readonly Scope[] = [
  ...view,
  'tasks:submit',
  'tasks:cancel',
  'runs:start',
  'runs:cancel',
  'payloads:write',
  'messages:send',
  'state:write',
  'conflicts:report',
  'secrets:use',
];
const operate: readonly Scope[] = [
  ...submit,
  'tasks:operate',
  'system:audit',
  'system:write',
  'agents:write',
  'workflows:write',
];
const work: readonly Scope[] = [
  'agents:connect',
  'tasks:work',
  'tasks:submit',
  'tasks:read',
  'payloads:write',
  'messages:send',
  'state:read',
  'state:write',
  'conflicts:read',
  'conflicts:report',
  'system:read',
  'tickets:create',
];
const administer: readonly Scope[] = [...operate, ...work, 'keys:manage', 'tenants:manage'];

const scopesOf: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  viewer: new Set(view),
  submitter: new Set(submit),
  agent: new Set(work),
  operator: new Set(operate),
  admin: new Set(administer),
};

/** Every scope of a role. */
export const scopesOfRole = (role: Role): readonly Scope[] =>
  Scope.options.filter((scope) => scopesOf[role].has(scope));

/** Whether a role has a scope. */
export const allows = (role: Role, scope: Scope): boolean => scopesOf[role].has(scope);

/** The scope that each frame type needs. */
export const frameScopes = {
  'agent.register': 'agents:connect',
  'agent.update': 'agents:connect',
  'agent.heartbeat': 'agents:connect',
  'task.accept': 'tasks:work',
  'task.reject': 'tasks:work',
  'task.progress': 'tasks:work',
  'task.result': 'tasks:work',
  'task.fail': 'tasks:work',
  'task.released': 'tasks:work',
  'task.handoff': 'tasks:work',
  'task.wait': 'tasks:work',
  'secret.get': 'tasks:work',
  'task.submit': 'tasks:submit',
  'collaboration.request': 'tasks:submit',
  'resource.request': 'tasks:submit',
  'escalation.raise': 'tasks:submit',
  'task.cancel': 'tasks:cancel',
  watch: 'tasks:read',
  unwatch: 'tasks:read',
  'message.send': 'messages:send',
  'message.ack': 'agents:connect',
  'message.pull': 'agents:connect',
  'topic.join': 'agents:connect',
  'topic.leave': 'agents:connect',
  'group.join': 'agents:connect',
  'group.leave': 'agents:connect',
  'payload.prepare': 'payloads:write',
  'state.patch': 'state:write',
  'state.pull': 'state:read',
  'conflict.report': 'conflicts:report',
} as const satisfies Record<string, Scope>;
