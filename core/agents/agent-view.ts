import { hashUuid } from '../common/hash-id.ts';
import type { AgentState, AgentStatusView, AgentView } from '../contract/agent.ts';
import { AgentStatusView as AgentStatusViewSchema, AgentView as AgentViewSchema } from '../contract/agent.ts';
import { AgentId, type TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { Profile, Slots } from './agent.ts';
import { breakerState } from './breaker.ts';
import { historyOf, historyTypes } from './history.ts';
import { workloadOf } from './workload.ts';

/** Where an agent is in its life, from its slots alone. Sixty silent seconds is `error`, reason silent. */
export const agentState = (slots: Slots | undefined, nowMs: number): { state: AgentState; reason?: string } => {
  if (slots === undefined) return { state: 'created' };
  const isWorking = Object.keys(slots.assigned).length > 0;
  if (slots.status !== 'active')
    return isWorking ? { state: 'terminating', reason: slots.status } : { state: 'terminated', reason: slots.status };
  if (slots.connection === undefined) return { state: 'error', reason: 'disconnected' };
  if (slots.seenAt + timings.silentAfterMs < nowMs) return { state: 'error', reason: 'silent' };
  if (slots.paused === true) return { state: 'paused' };
  return { state: isWorking ? 'running' : 'idle' };
};

const performanceOf = (slots: Slots): AgentView['performance'] =>
  Object.fromEntries(
    historyTypes(slots).map((type) => {
      const { count, successRate, durationMs, costUsd } = historyOf(slots, type);
      const known = costUsd === undefined ? {} : { averageCostUsd: costUsd };
      return [type, { count, successRate: successRate ?? 0, averageMs: Math.round(durationMs ?? 0), ...known }];
    }),
  );

/** Names the present configuration of an agent: it changes with that, and with nothing else. */
export const agentVersion = ({ rev }: Profile, slots: Slots | undefined): string =>
  hashUuid(
    'agent version',
    String(rev),
    slots?.status ?? '',
    String(slots?.paused ?? false),
    String(slots?.maxConcurrency ?? 0),
  ).slice(0, 8);

/** What an agent said of itself. */
const profileView = (profile: Profile) => ({
  agentId: profile.agentId,
  name: profile.name,
  type: profile.type,
  description: profile.description,
  capabilities: profile.capabilities,
  taskTypes: profile.taskTypes,
  roles: profile.roles,
  batchTypes: profile.batchTypes,
  labels: profile.labels,
  priority: profile.priority,
  weight: profile.weight,
  costPerTask: profile.costPerTask,
  costPerKTokens: profile.costPerKTokens,
  endpoint: profile.endpoint,
  modelId: profile.modelId,
  metadata: profile.metadata,
  createdAt: profile.createdAt,
  updatedAt: profile.updatedAt,
});

/** What the platform knows of an agent. */
const slotsView = (slots: Slots, nowMs: number) => ({
  status: slots.status,
  connected: slots.connection !== undefined,
  maxConcurrency: slots.maxConcurrency,
  freeSlots: slots.freeSlots,
  tasks: Object.entries(slots.assigned).map(([taskId, entry]) => ({
    taskId,
    attempt: entry.attempt,
    type: entry.type,
    assignedAt: entry.at,
    deadline: entry.deadline,
  })),
  ...workloadOf(slots, nowMs),
  performance: performanceOf(slots),
  seenAt: slots.seenAt,
  ...(breakerState(slots, nowMs) === 'closed' ? {} : { breaker: breakerState(slots, nowMs) }),
  ...(slots.metrics === undefined ? {} : { metrics: slots.metrics }),
});

const noSlots = { status: 'inactive', connected: false, maxConcurrency: 0, freeSlots: 0, tasks: [], performance: {} };

/** An agent as people see it. */
export const agentView = (profile: Profile, slots: Slots | undefined, nowMs: number): AgentView =>
  AgentViewSchema.parse({
    ...profileView(profile),
    ...(slots === undefined ? noSlots : slotsView(slots, nowMs)),
    ...agentState(slots, nowMs),
    version: agentVersion(profile, slots),
  });

/** One agent. @throws NotFoundError, also for another tenant's. */
export const readAgentView = async (services: Services, tenant: TenantId, agentId: AgentId): Promise<AgentView> => {
  const items = await services.table.getMany([keys.profile(tenant, agentId), keys.slots(tenant, agentId)], {
    consistent: true,
  });
  const profile = items.find((item) => item['sk'] === keys.profile(tenant, agentId).sk);
  const slots = items.find((item) => item['sk'] === keys.slots(tenant, agentId).sk);
  if (profile === undefined) throw new NotFoundError('agent', agentId);
  return agentView(Profile.parse(profile), slots === undefined ? undefined : Slots.parse(slots), services.clock.now());
};

/** A page of a tenant's agents. A filter thins the page out: a page may be short, or empty, and have a cursor. */
export interface AgentListQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly capability?: string | undefined;
  readonly status?: AgentView['status'] | undefined;
  /** Only those that could take a task now. */
  readonly available?: boolean | undefined;
}

const matches = (view: AgentView, { capability, status, available }: AgentListQuery): boolean =>
  (capability === undefined || view.capabilities.some(({ name }) => name === capability)) &&
  (status === undefined || view.status === status) &&
  (available !== true || (view.freeSlots > 0 && (view.state === 'idle' || view.state === 'running')));

const shareOf = ({ load, maxConcurrency }: AgentView): number => load / Math.max(1, maxConcurrency);

/** A tenant's agents, least loaded for their size first within a page, then by priority. Filters apply to each page. */
export const listAgentViews = async (
  services: Services,
  tenant: TenantId,
  query: AgentListQuery,
): Promise<{ items: readonly AgentView[]; nextCursor?: string }> => {
  const page = await services.table.query({
    partition: indexKeys.listOf(tenant, 'AGENTS'),
    index: 'list',
    limit: Math.min(query.limit, 50),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const ids = page.items.map((item) => AgentId.parse(item['listSort']));
  const items = await services.table.getMany(ids.flatMap((id) => [keys.profile(tenant, id), keys.slots(tenant, id)]));
  const bySk = (sk: string) =>
    new Map(items.filter((item) => item['sk'] === sk).map((item) => [item['agentId'], item]));
  const [profiles, slots] = [bySk('PROFILE'), bySk('SLOTS')];
  const views = ids.flatMap((id) => {
    const profile = profiles.get(id);
    const own = slots.get(id);
    return profile === undefined
      ? []
      : [agentView(Profile.parse(profile), own === undefined ? undefined : Slots.parse(own), services.clock.now())];
  });
  const sorted = views
    .filter((view) => matches(view, query))
    .toSorted((a, b) => shareOf(a) - shareOf(b) || b.priority - a.priority);
  return { items: sorted, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};

/** What an agent does now, of its view. */
export const agentStatus = (view: AgentView): AgentStatusView => {
  const { agentId, name, status, state, reason, connected, maxConcurrency, freeSlots, tasks, seenAt } = view;
  return AgentStatusViewSchema.parse({
    agentId,
    name,
    status,
    state,
    reason,
    connected,
    maxConcurrency,
    freeSlots,
    tasks: tasks.length,
    seenAt,
  });
};
