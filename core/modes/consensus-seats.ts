import * as z from 'zod';
import { historyOf } from '../agents/history.ts';
import { type ConsensusWorkflow, namedVoters } from '../contract/definitions/consensus.ts';
import { AgentId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { agentsNamed, type EligibleAgent, eligibleAgents } from './eligible-agents.ts';
import type { ModeContext } from './mode-rules.ts';

/** A place at the vote. One without an agent stays empty, and counts as invited all the same. */
export const Seat = z.looseObject({
  /** The voter's name; of an empty seat the name asked for, or a number. */
  name: z.string(),
  agentId: AgentId.optional(),
  capabilityConfidence: z.number(),
  successRate: z.number().optional(),
});
export type Seat = z.infer<typeof Seat>;

const seatsNote = 'voters';

const confidenceIn = (capability: string | undefined, found: EligibleAgent): number =>
  capability === undefined ? 1 : (found.agent.capabilities.find(({ name }) => name === capability)?.confidence ?? 0);

/** What a voter is weighed by is read once, before anybody votes: a vote is an observed success itself. */
const seatOf = (definition: ConsensusWorkflow, name: string, found: EligibleAgent | undefined): Seat => {
  if (found === undefined) return { name, capabilityConfidence: 0 };
  const { successRate } = historyOf(found.slots, definition.type);
  return {
    name: found.agent.name,
    agentId: found.agent.agentId,
    capabilityConfidence: confidenceIn(definition.voters.capability, found),
    ...(successRate === undefined ? {} : { successRate }),
  };
};

const choose = async (context: ModeContext, definition: ConsensusWorkflow): Promise<readonly Seat[]> => {
  const { voters } = definition;
  const names = 'agents' in voters ? voters.agents : namedVoters(definition);
  const found = await agentsNamed(context, names);
  const seats = names.map((name, position) => seatOf(definition, name, found[position]));
  if ('agents' in voters) return seats;
  const rest = (
    await eligibleAgents(context, { requirements: { capabilities: [voters.capability] }, type: definition.type })
  )
    .filter(({ agent }) => !names.includes(agent.name))
    .toSorted(
      (a, b) =>
        Number(b.isLive) - Number(a.isLive) || confidenceIn(voters.capability, b) - confidenceIn(voters.capability, a),
    );
  const more = Array.from({ length: voters.count - seats.length }, (_, position) =>
    seatOf(definition, `seat ${seats.length + position + 1}`, rest[position]),
  );
  return [...seats, ...more];
};

/** Who is asked, in every round of the run: chosen once. */
export const seatsOf = async (context: ModeContext, definition: ConsensusWorkflow): Promise<readonly Seat[]> => {
  const { services, run } = context;
  const known = await readNote(services, run, seatsNote);
  const seats = known ?? (await noteOnce(services, run, seatsNote, Json.parse(await choose(context, definition))));
  return z.array(Seat).parse(seats);
};
