import * as z from 'zod';
import type { SwarmStigmergicWorkflow } from '../contract/definitions/swarm-stigmergic.ts';
import { Json } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { RetryPolicy } from '../contract/task.ts';
import type { AntReply } from '../coordination/swarm/ants.ts';
import { buildEnvironment } from '../coordination/swarm/environment.ts';
import { type Iterated, iterate } from '../coordination/swarm/iterate.ts';
import { localView } from '../coordination/swarm/local-view.ts';
import type { ModeContext, ModeDecision, ModeRules } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';
import { environmentSpecOf, keepSwarm, readSwarm, type SwarmNote, swarmRulesOf, walkersOf } from './swarm-state.ts';

const moveStep = ({ type, agents, iterationSeconds }: SwarmStigmergicWorkflow): StageStep => ({
  id: 'move',
  type,
  kind: 'work',
  input: null,
  members: [],
  requirements: { capabilities: [agents.capability] },
  slotCost: 1,
  timeoutSeconds: iterationSeconds,
  retry: RetryPolicy.parse({ maxAttempts: 1 }),
});

/** Every agent has its own ants, dealt out one by one. */
const isOwn = (position: number, walker: number, walkers: number): boolean => position % walkers === walker;

const moveStage = async (
  context: ModeContext,
  definition: SwarmStigmergicWorkflow,
  position: number,
): Promise<StageSpec> => {
  const { environment, sight } = await swarmRulesOf(context, definition);
  const { state } = await readSwarm(context, definition, position);
  const walkers = await walkersOf(context, definition, position);
  const surroundings = {
    environment,
    sight,
    ants: state.ants,
    pheromones: state.pheromones,
    resources: state.resources,
  };
  const members = walkers.map((agentId, walker) => {
    const own = state.ants.filter((_ant, index) => isOwn(index, walker, walkers.length));
    return {
      input: Json.parse({
        iteration: state.iteration + 1,
        sight,
        ants: own.map((ant) => localView(surroundings, ant)),
      }),
      requirements: {
        capabilities: [definition.agents.capability],
        ...(agentId === undefined ? {} : { agentId }),
      },
    };
  });
  return { id: 'move', steps: [{ ...moveStep(definition), members }], completion: 'ended', width: members.length };
};

const Reply = z.looseObject({ antId: z.string(), moves: z.array(z.string()).max(100), deposit: z.number().optional() });
const Answer = z.union([z.looseObject({ ants: z.array(Json) }).transform(({ ants }) => ants), z.array(Json)]);

/** What each agent said for its own ants; what is nothing of the kind is left out. */
const repliesOf = async (
  context: ModeContext,
  position: number,
  { state }: SwarmNote,
): Promise<readonly AntReply[]> => {
  const outcomes = await readOutcomes(context, position);
  return outcomes.flatMap(({ index, output }) => {
    const own = new Set(state.ants.filter((_ant, ant) => isOwn(ant, index, outcomes.length)).map(({ id }) => id));
    const said = Answer.safeParse(output).data?.slice(0, limits.ants) ?? [];
    return said.flatMap((part) => {
      const { data } = Reply.safeParse(part);
      if (data === undefined || !own.has(data.antId)) return [];
      const { antId, moves, deposit } = data;
      return [{ antId, moves, ...(deposit === undefined ? {} : { deposit }) }];
    });
  });
};

/** What a swarm has come to. */
const resultOf = (
  note: SwarmNote,
  verdict: string,
  found: Pick<Iterated, 'convergence' | 'pattern'> | undefined,
): Json => {
  const { state, trips, rejected } = note;
  const { convergence, pattern } = found ?? {};
  return Json.parse({
    verdict,
    iterations: state.iteration,
    best: state.best ?? null,
    convergence:
      convergence === undefined
        ? null
        : { share: convergence.share, strength: convergence.strength, path: convergence.path ?? null },
    pattern: pattern ?? null,
    ants: state.ants.length,
    trips,
    rejected,
  });
};

/** Iterations without any answer after which a swarm is given up. */
const idleIterations = 10;

/** Nobody answered: the swarm stays as it is, and nothing evaporates, as no time has passed for it. */
const waitFor = async (
  context: ModeContext,
  definition: SwarmStigmergicWorkflow,
  position: number,
  before: SwarmNote,
): Promise<ModeDecision> => {
  const note = await keepSwarm(context, position + 1, { ...before, idle: before.idle + 1 });
  if (note.idle < idleIterations && position + 1 < definition.maxIterations)
    return { answer: { decision: 'goes_on', position: position + 1 }, run: 'continue' };
  const message = `No agent with the capability ${definition.agents.capability} answered in ${note.idle} iterations.`;
  return {
    answer: { decision: 'nobody_moves' },
    run: 'fail',
    error: { code: 'UNRUNNABLE', message, retryable: false },
    result: resultOf(note, 'nobody_moves', undefined),
  };
};

const decideIteration = async (
  context: ModeContext,
  definition: SwarmStigmergicWorkflow,
  position: number,
): Promise<ModeDecision> => {
  const before = await readSwarm(context, definition, position);
  const replies = await repliesOf(context, position, before);
  if (replies.length === 0) return waitFor(context, definition, position, before);
  const rules = await swarmRulesOf(context, definition);
  const iterated = iterate(before.state, rules, replies);
  const note = await keepSwarm(context, position + 1, {
    state: iterated.state,
    idle: 0,
    trips: before.trips + iterated.trips.length,
    rejected: before.rejected + iterated.rejected.length,
  });
  // Iterations in which nobody answered are counted as asked: the machine's history has its limit.
  const isOver = position + 1 >= definition.maxIterations;
  const verdict = iterated.verdict === 'goes_on' && isOver ? 'cap' : iterated.verdict;
  if (verdict === 'goes_on') return { answer: { decision: 'goes_on', position: position + 1 }, run: 'continue' };
  return { answer: { decision: verdict }, run: 'succeed', result: resultOf(note, verdict, iterated) };
};

/**
 * Swarm, stigmergic: each iteration is a stage with one task for each agent, and a decision in which ants move, leave marks
 * and marks evaporate. It ends when the swarm agrees, when a pattern has emerged, or at the cap with the best so far.
 */
export const swarmStigmergicRules = (definition: SwarmStigmergicWorkflow): ModeRules => {
  // Refuses an environment that nobody could walk, by its field.
  if (typeof definition.environment !== 'string') buildEnvironment(environmentSpecOf(definition.environment));
  return {
    machine: 'swarm_stigmergic',
    outline: [{ id: 'move', steps: [moveStep(definition)], completion: 'ended' }],
    plan: (context, position) => moveStage(context, definition, position),
    after: () => ({ run: 'continue', token: 'succeed' }),
    decide: (context, { position }) => decideIteration(context, definition, position),
    output: '{{ result }}',
  };
};
