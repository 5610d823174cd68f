import * as z from 'zod';
import { EnvironmentDefinition, type SwarmStigmergicWorkflow } from '../contract/definitions/swarm-stigmergic.ts';
import { AgentId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { toMillionths } from '../coordination/millionths.ts';
import { buildEnvironment, type Environment, type EnvironmentSpec, edgeOf } from '../coordination/swarm/environment.ts';
import { beginSwarm, type SwarmRules, type SwarmState } from '../coordination/swarm/iterate.ts';
import { fillTemplate } from '../coordination/template.ts';
import { InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { templateScope } from '../runs/outputs.ts';
import { eligibleAgents } from './eligible-agents.ts';
import type { ModeContext } from './mode-rules.ts';

const Path = z.array(z.string());
const StoredAnt = z.looseObject({
  id: z.string(),
  at: z.string(),
  trail: Path,
  lastPath: Path.optional(),
  trips: z.int(),
  streak: z.int(),
});
const Stored = z.looseObject({
  state: z.looseObject({
    iteration: z.int(),
    ants: z.array(StoredAnt),
    pheromones: z.record(z.string(), z.int()),
    resources: z.record(z.string(), z.int().nullable()),
    best: z.looseObject({ path: Path, cost: z.number() }).optional(),
  }),
  idle: z.int(),
  trips: z.int(),
  rejected: z.int(),
});

/** A swarm between two iterations, and what its run counts. */
export interface SwarmNote {
  readonly state: SwarmState;
  /** Iterations one after the other in which nobody answered. */
  readonly idle: number;
  readonly trips: number;
  readonly rejected: number;
}

const stateNote = (position: number): string => `swarm#${String(position).padStart(4, '0')}`;

/** The description as the rules take it: an amount that is not said is left out. */
export const environmentSpecOf = (definition: EnvironmentDefinition): EnvironmentSpec => {
  if (definition.kind === 'graph') {
    const resources = definition.resources.map(({ at, amount }) => ({
      at,
      ...(amount === undefined ? {} : { amount }),
    }));
    return { ...definition, resources };
  }
  const resources = definition.resources.map(({ x, y, amount }) => ({
    x,
    y,
    ...(amount === undefined ? {} : { amount }),
  }));
  return { ...definition, resources };
};

/** @throws InvalidFieldError naming what is no environment, InvalidEnvironmentError for one that nobody could walk. */
const environmentOf = async (
  { services, run }: ModeContext,
  { environment }: SwarmStigmergicWorkflow,
): Promise<Environment> => {
  if (typeof environment !== 'string') return buildEnvironment(environmentSpecOf(environment));
  const given = fillTemplate(environment, await templateScope(services, run, [environment]));
  const read = EnvironmentDefinition.safeParse(given);
  if (read.success) return buildEnvironment(environmentSpecOf(read.data));
  const [issue] = read.error.issues;
  const where = ['environment', ...(issue?.path ?? []).map(String)].join('.');
  throw new InvalidFieldError(where, `There is no environment at ${environment}: ${where}: ${issue?.message ?? ''}.`);
};

/** By what a run's swarm lives. */
export const swarmRulesOf = async (context: ModeContext, definition: SwarmStigmergicWorkflow): Promise<SwarmRules> => {
  const { evaporation, maxIterations, minStrength, convergence, sight } = definition;
  const environment = await environmentOf(context, definition);
  return { environment, evaporation, maxIterations, minStrength, convergence, sight };
};

const openNote = (note: Json): SwarmNote => {
  const { state, ...counts } = Stored.parse(note);
  const ants = state.ants.map((ant) => ({ ...ant, lastPath: ant.lastPath }));
  return { ...counts, state: { ...state, ants, best: state.best } };
};

/** Keeps the swarm as it is before an iteration. What was kept first stands. */
export const keepSwarm = async (
  { services, run }: ModeContext,
  position: number,
  note: SwarmNote,
): Promise<SwarmNote> => {
  // Through its text: what is undefined is left out.
  const value = Json.parse(JSON.parse(JSON.stringify(note)));
  return openNote(await noteOnce(services, run, stateNote(position), value));
};

/** The swarm before an iteration. @throws NotFoundError for one that no iteration led to. */
export const readSwarm = async (
  context: ModeContext,
  definition: SwarmStigmergicWorkflow,
  position: number,
): Promise<SwarmNote> => {
  const { services, run } = context;
  const known = await readNote(services, run, stateNote(position));
  if (known !== undefined) return openNote(known);
  if (position > 0) throw new NotFoundError('iteration', String(position));
  const { environment } = await swarmRulesOf(context, definition);
  const state = beginSwarm(environment, definition.agents.count * definition.antsPerAgent);
  const marks = definition.pheromones.map(
    ({ from, to, strength }) => [edgeOf(from, to), toMillionths(strength)] as const,
  );
  const pheromones = Object.fromEntries(marks.filter(([, strength]) => strength > 0));
  return keepSwarm(context, position, { state: { ...state, pheromones }, idle: 0, trips: 0, rejected: 0 });
};

/**
 * Whom an iteration asks: agents that are there now, one task each, chosen once. Where nobody is, whoever comes.
 */
export const walkersOf = async (
  context: ModeContext,
  { type, agents: { capability, count } }: SwarmStigmergicWorkflow,
  position: number,
): Promise<readonly (AgentId | undefined)[]> => {
  const { services, run } = context;
  const name = `walkers#${String(position).padStart(4, '0')}`;
  const known = await readNote(services, run, name);
  if (known !== undefined)
    return z
      .array(AgentId.nullable())
      .parse(known)
      .map((id) => id ?? undefined);
  const found = await eligibleAgents(context, { requirements: { capabilities: [capability] }, type });
  const live = found.filter(({ isLive }) => isLive).slice(0, count);
  const chosen = live.length > 0 ? live.map(({ agent }) => agent.agentId) : [null];
  const kept = z.array(AgentId.nullable()).parse(await noteOnce(services, run, name, chosen));
  return kept.map((id) => id ?? undefined);
};
