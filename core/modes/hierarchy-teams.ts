import * as z from 'zod';
import { loadOf } from '../agents/slots.ts';
import type { HierarchicalWorkflow, TeamDefinition } from '../contract/definitions/hierarchical.ts';
import { AgentId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { agentsNamed } from './eligible-agents.ts';
import type { ModeContext } from './mode-rules.ts';

const Member = z.looseObject({ name: z.string(), agentId: AgentId, load: z.number() });

/** A team as it is for one run: its leader and, where they are named, its workers, with what they carried when it began. */
export const RunTeam = z.looseObject({
  name: z.string(),
  specialization: z.string(),
  leader: Member,
  workers: z.array(Member).optional(),
  capability: z.string().optional(),
  size: z.int(),
});
export type RunTeam = z.infer<typeof RunTeam>;

const teamsNote = 'teams';

const resolve = async (context: ModeContext, team: TeamDefinition): Promise<RunTeam> => {
  const { name, leader, specialization, workers } = team;
  const names = [leader, ...('agents' in workers ? workers.agents : [])];
  const found = await agentsNamed(context, names);
  const missing = names.filter((_name, position) => found[position] === undefined);
  if (missing.length > 0)
    throw new InvalidFieldError(
      `teams.${name}`,
      `The team "${name}" has members that are no agents: ${missing.join(', ')}.`,
    );
  const [first, ...others] = found.flatMap((member) =>
    member === undefined
      ? []
      : [{ name: member.agent.name, agentId: member.agent.agentId, load: loadOf(member.slots) }],
  );
  if (first === undefined) throw new InvalidFieldError(`teams.${name}`, `The team "${name}" has no leader.`);
  return 'agents' in workers
    ? { name, specialization, leader: first, workers: others, size: others.length }
    : { name, specialization, leader: first, capability: workers.capability, size: workers.size };
};

/**
 * The teams of a run, looked up once.
 * @throws InvalidFieldError naming the agents that there are none of.
 */
export const teamsOf = async (context: ModeContext, { teams }: HierarchicalWorkflow): Promise<readonly RunTeam[]> => {
  const { services, run } = context;
  const known = await readNote(services, run, teamsNote);
  if (known !== undefined) return z.array(RunTeam).parse(known);
  const found = await Promise.all(teams.map((team) => resolve(context, team)));
  return z.array(RunTeam).parse(await noteOnce(services, run, teamsNote, Json.parse(found)));
};
