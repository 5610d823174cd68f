import type { RunReference } from '../contract/definitions/step.ts';
import { DryRun, type RunEstimateView, type Unserved } from '../contract/dry-run.ts';
import type { TenantId } from '../contract/ids.ts';
import { limits } from '../contract/limits.ts';
import type { AskedWorkflow, WorkflowDefinition } from '../contract/workflow.ts';
import { type ExpectedTask, estimateRun, type RunEstimate } from '../coordination/estimate/estimate-run.ts';
import { transitionsOf } from '../coordination/estimate/transitions.ts';
import { NotFoundError } from '../errors/errors.ts';
import { checkWorkflow, newestVersion, readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { type ExpectedStep, expectedWork } from './expected-work.ts';
import { type Workers, workerLookup } from './look-for-workers.ts';

/** What is known of one step: its agents, or the run inside. */
interface Known {
  readonly step: ExpectedStep;
  readonly workers: Workers | undefined;
  readonly inner: Estimated | undefined;
  readonly unserved: readonly Unserved[];
}

/** A definition's steps with all that is known of them. */
interface Estimated {
  readonly steps: readonly Known[];
  readonly estimate: RunEstimateView;
}

type Lookup = ReturnType<typeof workerLookup>;

interface Place {
  readonly services: Services;
  readonly tenant: TenantId;
  readonly lookup: Lookup;
  /** The workflows that it is inside of, the outermost first. */
  readonly within: readonly string[];
  /** Workflows that were looked at, by depth, name and version. */
  readonly seen: Map<string, Promise<Estimated>>;
}

/** Names of a list that nobody reads to its end. */
const most = 200;

const whyUnserved = ({ id, requirements, agents }: ExpectedStep, workers: Workers): readonly Unserved[] => {
  const isServed = agents === undefined ? workers.live > 0 : workers.missing.length === 0;
  if (isServed) return [];
  const reason = workers.eligible === 0 ? 'no_agent' : 'not_live';
  const { capabilities } = requirements;
  return [
    {
      step: id,
      reason,
      ...(agents === undefined ? { capabilities } : { agents: [...workers.missing] }),
    },
  ];
};

/** A workflow as a step names it. What is tried becomes the newest of its name once it is stored. */
const placeOf = ({ workflow, version }: RunReference): string => `${workflow} ${version ?? 'newest'}`;

/** Why a run of it could not come to its end, if so. */
const whyEndless = ({ within }: Place, run: RunReference): Unserved['reason'] | undefined => {
  if (within.includes(placeOf(run))) return 'runs_itself';
  return within.length > limits.runDepth ? 'too_deep' : undefined;
};

/** The run inside a step, as far as there is one: nothing below the depth at which runs end. */
const lookInside = async (place: Place, step: ExpectedStep): Promise<Pick<Known, 'inner' | 'unserved'>> => {
  const { services, tenant, within } = place;
  const { run } = step;
  if (run === undefined) return { inner: undefined, unserved: [] };
  const reason = whyEndless(place, run);
  if (reason !== undefined) return { inner: undefined, unserved: [{ step: step.id, reason, workflow: run.workflow }] };
  try {
    const version = run.version ?? (await newestVersion(services, tenant, run.workflow));
    const { definition } = await readWorkflow(services, tenant, run.workflow, version);
    const key = `${within.length} ${run.workflow} ${version}`;
    const estimated =
      place.seen.get(key) ?? estimateDefinition({ ...place, within: [...within, placeOf(run)] }, definition);
    place.seen.set(key, estimated);
    const inner = await estimated;
    const below = inner.steps.flatMap(({ unserved }) => unserved).slice(0, most);
    return { inner, unserved: below.map((one) => ({ ...one, step: `${step.id}/${one.step}` })) };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { inner: undefined, unserved: [{ step: step.id, reason: 'no_workflow', workflow: run.workflow }] };
  }
};

const lookAt = async (place: Place, step: ExpectedStep): Promise<Known> => {
  if (step.run !== undefined) return { step, workers: undefined, ...(await lookInside(place, step)) };
  if (step.kind === 'approval') return { step, workers: undefined, inner: undefined, unserved: [] };
  const workers = await place.lookup(step);
  return { step, workers, inner: undefined, unserved: workers === undefined ? [] : whyUnserved(step, workers) };
};

const taskId = (id: string, index: number, count: number): string => (count === 1 ? id : `${id}[${index}]`);
const gateId = (stage: number): string => `stage ${stage}`;

const expectedMsOf = ({ workers, inner }: Known): number | undefined =>
  inner === undefined ? workers?.expectedMs : inner.estimate.expectedSeconds * 1000;

/** A step's tasks: each waits for what the step depends on, or for the stage before its own. */
const tasksOf = (known: Known, counts: ReadonlyMap<string, number>): readonly ExpectedTask[] => {
  const { step, workers, inner } = known;
  const { id, stage, count = 1 } = step;
  const before = stage === 0 ? [] : [gateId(stage - 1)];
  const dependsOn =
    step.dependsOn?.flatMap((other) =>
      Array.from({ length: counts.get(other) ?? 1 }, (_, index) => taskId(other, index, counts.get(other) ?? 1)),
    ) ?? before;
  const priceUsd = workers?.priceUsd ?? inner?.estimate.agentsUsd;
  return Array.from({ length: count }, (_, index) => ({
    id: taskId(id, index, count),
    dependsOn,
    expectedMs: expectedMsOf(known),
    ...(priceUsd === undefined ? {} : { priceUsd }),
  }));
};

/** Where a stage ends: the next one waits for that. */
const gatesOf = (tasks: readonly (readonly ExpectedTask[])[], steps: readonly ExpectedStep[]): ExpectedTask[] => {
  const last = Math.max(0, ...steps.map(({ stage }) => stage));
  return Array.from({ length: last }, (_, stage) => ({
    id: gateId(stage),
    isGate: true,
    expectedMs: 0,
    dependsOn: steps.flatMap((step, index) => (step.stage === stage ? (tasks[index] ?? []).map(({ id }) => id) : [])),
  }));
};

/** Runs inside cost what they cost by themselves. */
const withInner = (own: RunEstimate, maxTransitions: number, known: readonly Known[]): RunEstimateView => {
  const inner = known.flatMap((one) => (one.inner === undefined ? [] : [one.inner.estimate]));
  const sum = (of: (estimate: RunEstimateView) => number): number => inner.reduce((total, one) => total + of(one), 0);
  const platformUsd = own.platformUsd + sum((one) => one.platformUsd);
  const unknown = known.flatMap(({ step, inner: within }) =>
    (within?.estimate.unknownDurations ?? []).map((id) => `${step.id}/${id}`),
  );
  return {
    ...own,
    tasks: own.tasks + sum((one) => one.tasks),
    transitions: own.transitions + sum((one) => one.transitions),
    maxTransitions: maxTransitions + sum((one) => one.maxTransitions),
    platformUsd,
    totalUsd: platformUsd + own.agentsUsd,
    criticalPath: [...own.criticalPath],
    unknownDurations: [...own.unknownDurations, ...unknown].slice(0, most),
  };
};

const estimateDefinition = async (place: Place, definition: WorkflowDefinition): Promise<Estimated> => {
  const { steps, shape, longest } = expectedWork(definition);
  const known: Known[] = [];
  for (const step of steps) known.push(await lookAt(place, step));
  const counts = new Map(steps.map(({ id, count = 1 }) => [id, count]));
  const tasks = known.map((one) => tasksOf(one, counts));
  const own = estimateRun({
    shape,
    tasks: [...tasks.flat(), ...gatesOf(tasks, steps)],
    maxParallelAgents: definition.maxParallelAgents,
  });
  return { steps: known, estimate: withInner(own, transitionsOf(longest), known) };
};

const viewOf = ({ step, workers, inner }: Known) => {
  const expectedMs = expectedMsOf({ step, workers, inner, unserved: [] });
  return {
    step: step.id,
    stage: step.stage,
    kind: step.kind,
    type: step.type,
    workflow: step.run?.workflow,
    dependsOn: step.dependsOn,
    tasks: step.count ?? 1,
    isCountUnknown: step.count === undefined ? true : undefined,
    agents: workers === undefined ? undefined : { eligible: workers.eligible, live: workers.live },
    expectedSeconds: expectedMs === undefined ? undefined : expectedMs / 1000,
    priceUsd: workers?.priceUsd ?? inner?.estimate.agentsUsd,
  };
};

/**
 * Checks a definition as it would be stored, and says what a run of it would take now: its steps, who could do them, what
 * it costs and how long. Nothing is stored.
 *
 * @throws InvalidDefinitionError, CycleError, PayloadTooLargeError.
 */
export const dryRun = async (services: Services, tenant: TenantId, asked: AskedWorkflow): Promise<DryRun> => {
  const { definition, choice } = await checkWorkflow(services, tenant, asked);
  const place = {
    services,
    tenant,
    lookup: workerLookup(services, tenant),
    within: [placeOf({ workflow: definition.name })],
    seen: new Map(),
  };
  const { steps, estimate } = await estimateDefinition(place, definition);
  return DryRun.parse({
    name: definition.name,
    mode: definition.mode,
    choice,
    definition,
    steps: steps.map(viewOf),
    unserved: steps.flatMap(({ unserved }) => unserved).slice(0, most),
    estimate,
  });
};
