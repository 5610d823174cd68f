import type { Slots } from '../agents/agent.ts';
import { agentState } from '../agents/agent-view.ts';
import { eachFleetPage } from '../agents/fleet.ts';
import { answersOf, durationBounds, durationsOf, historyOf, historyTypes } from '../agents/history.ts';
import { loadOf } from '../agents/slots.ts';
import type { TenantId } from '../contract/ids.ts';
import { limits } from '../contract/limits.ts';
import { type RunCounts, readRunCounts } from '../runs/count-run.ts';
import type { Services } from '../services.ts';
import type { MetricFamily, Sample } from './open-metrics.ts';

type Family = Omit<MetricFamily, 'samples'>;

/** Every family, in the order in which it is told. */
const families = {
  tasks: { name: 'agent_tasks', type: 'counter', help: 'Attempts that an agent ended, by how they ended.' },
  durations: {
    name: 'agent_task_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long attempts took from the agent’s first word to their end.',
  },
  utilization: {
    name: 'agent_utilization_ratio',
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of an agent’s slots that are taken.',
  },
  status: {
    name: 'agent_status',
    type: 'gauge',
    help: '1 for an agent that lives and takes work, else 0; why in status.',
  },
  active: { name: 'agent_active_tasks', type: 'gauge', help: 'Tasks that an agent has now.' },
  completed: { name: 'agent_completed_tasks', type: 'gauge', help: 'Attempts that succeeded so far.' },
  errors: { name: 'agent_errors', type: 'gauge', help: 'Attempts that failed so far.' },
  errorRate: { name: 'agent_error_rate', type: 'gauge', help: 'Share of the attempts that failed so far.' },
  meanDuration: { name: 'agent_avg_task_duration', type: 'gauge', help: 'Mean duration of attempts, in seconds.' },
  cpu: { name: 'agent_cpu_usage', type: 'gauge', help: 'As the agent’s last heartbeat with metrics said.' },
  memory: { name: 'agent_memory_usage', type: 'gauge', help: 'As the agent’s last heartbeat with metrics said.' },
  timestamp: { name: 'agent_timestamp', type: 'gauge', help: 'When the agent was heard of last, in epoch seconds.' },
  latency: {
    name: 'agent_communication_latency_seconds',
    type: 'summary',
    unit: 'seconds',
    help: 'From an assignment to the agent’s first word about it, where that was not the end.',
  },
  runs: { name: 'collaboration_tasks', type: 'counter', help: 'Runs that ended, by mode and tasks given to agents.' },
  consensus: {
    name: 'consensus_achievement_seconds',
    type: 'summary',
    unit: 'seconds',
    help: 'How long votes took that came to a decision, by workflow and voters.',
  },
  complete: { name: 'muster_scrape_complete', type: 'gauge', help: '0 when there is more than one answer holds.' },
} as const satisfies Readonly<Record<string, Family>>;

type FamilyName = keyof typeof families;
type Samples = Readonly<Partial<Record<FamilyName, readonly Sample[]>>>;

const seconds = (ms: number): number => ms / 1000;
/** Numbers in `le` are told as OpenMetrics has it: with a point. */
const bound = (ms: number): string => (Number.isInteger(seconds(ms)) ? `${seconds(ms)}.0` : String(seconds(ms)));
const bounds = [...durationBounds.map(bound), '+Inf'];

const gauge = (agent_id: string, value: number | undefined): readonly Sample[] =>
  value === undefined || !Number.isFinite(value) ? [] : [{ labels: { agent_id }, value }];

const histogram = (labels: Sample['labels'], slots: Slots, type: string): readonly Sample[] => {
  const { buckets, totalMs } = durationsOf(slots, type);
  let count = 0;
  const cumulative = buckets.map((inBucket, index): Sample => {
    count += inBucket;
    return { suffix: '_bucket', labels: { ...labels, le: bounds[index] ?? '+Inf' }, value: count };
  });
  return [
    ...cumulative,
    { suffix: '_count', labels, value: count },
    { suffix: '_sum', labels, value: seconds(totalMs) },
  ];
};

const summary = (labels: Sample['labels'], count: number, totalMs: number): readonly Sample[] => [
  { suffix: '_count', labels, value: count },
  { suffix: '_sum', labels, value: seconds(totalMs) },
];

const ofTypes = (slots: Slots): Samples => {
  const types = historyTypes(slots).map((type) => ({ type, ...historyOf(slots, type) }));
  const labelsOf = (task_type: string) => ({ agent_id: slots.agentId, task_type });
  const ended = types.reduce((sum, { count }) => sum + count, 0);
  const succeeded = types.reduce((sum, one) => sum + one.succeeded, 0);
  const totalMs = types.reduce((sum, { type }) => sum + durationsOf(slots, type).totalMs, 0);
  const total = (type: string, status: string, value: number): Sample => ({
    suffix: '_total',
    labels: { ...labelsOf(type), status },
    value,
  });
  return {
    tasks: types.flatMap((one) => [
      total(one.type, 'succeeded', one.succeeded),
      total(one.type, 'failed', one.count - one.succeeded),
    ]),
    durations: types.flatMap(({ type }) => histogram(labelsOf(type), slots, type)),
    completed: gauge(slots.agentId, succeeded),
    errors: gauge(slots.agentId, ended - succeeded),
    errorRate: gauge(slots.agentId, ended === 0 ? 0 : (ended - succeeded) / ended),
    meanDuration: gauge(slots.agentId, ended === 0 ? undefined : seconds(totalMs / ended)),
  };
};

const ofAgent = (slots: Slots, nowMs: number): Samples => {
  const { agentId, maxConcurrency, metrics, seenAt, assigned } = slots;
  const { state } = agentState(slots, nowMs);
  const answers = answersOf(slots);
  const latency = { source: 'muster', destination: agentId, message_type: 'task.assigned' };
  return {
    ...ofTypes(slots),
    utilization: gauge(agentId, loadOf(slots) / Math.max(1, maxConcurrency)),
    status: [{ labels: { agent_id: agentId, status: state }, value: state === 'idle' || state === 'running' ? 1 : 0 }],
    active: gauge(agentId, Object.keys(assigned).length),
    cpu: gauge(agentId, metrics?.['cpu']),
    memory: gauge(agentId, metrics?.['memory']),
    timestamp: gauge(agentId, seconds(seenAt)),
    latency: answers.count === 0 ? [] : summary(latency, answers.count, answers.totalMs),
  };
};

const ofRuns = (counts: readonly RunCounts[]): Samples => {
  const ended = new Map<string, Sample>();
  for (const { mode, agents, status, count } of counts.flatMap((one) => one.ended)) {
    const labels = { pattern: mode, agents, status: status.toLowerCase() };
    const key = Object.values(labels).join(':');
    ended.set(key, { suffix: '_total', labels, value: (ended.get(key)?.value ?? 0) + count });
  }
  return {
    runs: [...ended.values()],
    consensus: counts.flatMap(({ workflow, agreed }) =>
      agreed.flatMap(({ participants, count, totalMs }) => summary({ topic: workflow, participants }, count, totalMs)),
    ),
  };
};

const sizeOf = (samples: Samples): number =>
  Object.values(samples).reduce((sum, ofFamily) => sum + (ofFamily?.length ?? 0), 0);

const joined = (parts: readonly Samples[]): readonly MetricFamily[] =>
  Object.entries(families).map(([name, family]) => ({
    ...family,
    samples: parts.flatMap((part) => Object.entries(part).find(([own]) => own === name)?.[1] ?? []),
  }));

/**
 * A tenant's own metrics, from what its agents' items and its workflows' counts say now; nothing is kept for it but what
 * rides in the writes that end a task or a run. More agents than one answer holds are left out whole, and the last
 * family says so.
 */
export const readMetrics = async (services: Services, tenant: TenantId): Promise<readonly MetricFamily[]> => {
  const nowMs = services.clock.now();
  const parts: Samples[] = [];
  let room: number = limits.scrapedSamples;
  const [fleet, runs] = await Promise.all([
    eachFleetPage(services, tenant, limits.countedAgents, ({ slots }) => {
      for (const one of slots) {
        const samples = ofAgent(one, nowMs);
        room -= sizeOf(samples);
        if (room >= 0) parts.push(samples);
      }
    }),
    readRunCounts(services, tenant, limits.countedWorkflows),
  ]);
  const isComplete = fleet.isComplete && runs.isComplete && room >= 0;
  return joined([...parts, ofRuns(runs.counts), { complete: [{ labels: {}, value: isComplete ? 1 : 0 }] }]);
};
