import * as z from 'zod';
import { Name } from '../ids.ts';
import { Json } from '../json.ts';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';

const hasNoRepeat = (names: readonly string[]): boolean => new Set(names).size === names.length;
const named = { message: 'names one twice' };
const Names = z.array(Name).min(1).max(limits.votersPerRound).refine(hasNoRepeat, named);

/**
 * Who votes: agents by name, or so many that have a capability, those that are connected first, then the surest of it.
 * Beside names a capability says whose confidence weighs as expertise.
 */
export const Voters = z.union([
  z.strictObject({ agents: Names, capability: Name.optional() }),
  z.strictObject({ capability: Name, count: z.int().min(1).max(limits.votersPerRound) }),
]);
export type Voters = z.infer<typeof Voters>;

const fields = z.strictObject({
  mode: z.literal('consensus'),
  ...commonFields,
  voters: Voters,
  /** The type of the task by which an agent is asked for its vote. */
  type: Name,
  description: z.string().max(4096).optional(),
  /** Template of what the voters are asked. */
  question: Json,
  /** In order; the first is the one to fall back on, and the one for which a veto decides. */
  options: z.array(Name).min(2).max(20).refine(hasNoRepeat, named),
  /** Share of the cast weight that an option needs; of two equally heavy ones neither wins. */
  quorum: z.number().gt(0).max(1).default(0.5),
  /** Share of the invited that must vote; at least one must. Fewer is a failure of its own, never a decision. */
  minParticipation: z.number().min(0).max(1).default(0.5),
  /** `expertise` is confidence in the capability × observed success at the type; `confidence` is the voter's own. */
  weights: z.enum(['equal', 'expertise', 'confidence']).default('equal'),
  /** Who decides when the last round ends without a quorum: the first option stands, the leader, a lot, or a person. */
  tieBreaker: z.enum(['conservative', 'leader', 'random', 'escalate']).default('conservative'),
  /** The voter whose vote decides under the tie-breaker `leader`. */
  leader: Name.optional(),
  /** Voters whose vote for the first option decides alone. */
  veto: z.array(Name).max(limits.votersPerRound).refine(hasNoRepeat, named).default([]),
  maxRounds: z.int().min(1).max(limits.roundsPerConsensus).default(1),
  /** How long a round is open. Votes that come later are kept aside and do not count. */
  deadlineSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(60),
});
type Fields = z.infer<typeof fields>;

/** How several come to one answer: all of a consensus but its question. */
export const Agreement = fields.pick({
  voters: true,
  options: true,
  quorum: true,
  minParticipation: true,
  weights: true,
  tieBreaker: true,
  leader: true,
  veto: true,
  maxRounds: true,
  deadlineSeconds: true,
});

/** Those that must be among the voters because they are named. */
export const namedVoters = ({ leader, veto }: Pick<Fields, 'leader' | 'veto'>): readonly string[] => [
  ...new Set([...veto, ...(leader === undefined ? [] : [leader])]),
];

const isSeat = (voters: Voters, name: string): boolean => !('agents' in voters) || voters.agents.includes(name);

/** Independent answers to one question, counted by a rule. */
export const ConsensusWorkflow = fields
  .refine(({ voters, veto }) => veto.every((name) => isSeat(voters, name)), {
    message: 'names who is no voter',
    path: ['veto'],
  })
  .refine(({ voters, leader }) => leader === undefined || isSeat(voters, leader), {
    message: 'is no voter',
    path: ['leader'],
  })
  .refine(({ tieBreaker, leader }) => (tieBreaker === 'leader') === (leader !== undefined), {
    message: 'goes with the tie-breaker "leader", and only with it',
    path: ['leader'],
  })
  .refine(
    (definition) => !('count' in definition.voters) || namedVoters(definition).length <= definition.voters.count,
    {
      message: 'is below the number of voters that are named',
      path: ['voters', 'count'],
    },
  );
export type ConsensusWorkflow = z.infer<typeof ConsensusWorkflow>;
