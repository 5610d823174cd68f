import * as z from 'zod';
import type { ModePlot } from './mode.ts';

const options = ['keep', 'ship', 'wait'];

const Round = z.looseObject({
  cast: z.number(),
  invited: z.number(),
  votes: z.array(z.looseObject({ agentId: z.string() })),
});
const Note = z.looseObject({ value: Round });

const Vote = z.looseObject({ options: z.array(z.string()) });
/** What a voter may answer. */
const asked = (input: unknown): readonly string[] => Vote.safeParse(input).data?.options ?? options;

/** Votes of agents that die, are late, answer twice or say something else; every round is counted once. */
export const consensus: ModePlot = {
  workflows: [
    {
      mode: 'consensus',
      name: 'vote',
      timeoutSeconds: 7200,
      type: 'vote',
      voters: { capability: 'code', count: 3 },
      question: '{{ input.topic }}',
      options,
      quorum: 0.6,
      minParticipation: 0.3,
      weights: 'expertise',
      tieBreaker: 'random',
      maxRounds: 2,
      deadlineSeconds: 60,
    },
    {
      mode: 'consensus',
      name: 'ask-a-person',
      timeoutSeconds: 300,
      type: 'vote',
      voters: { capability: 'review', count: 2 },
      question: 'Now?',
      options,
      quorum: 1,
      minParticipation: 0,
      tieBreaker: 'escalate',
      deadlineSeconds: 30,
    },
    {
      mode: 'consensus',
      name: 'which-write',
      timeoutSeconds: 600,
      type: 'vote',
      voters: { capability: 'code', count: 2 },
      question: 'Which write is to hold?',
      options: ['current', 'proposed'],
      quorum: 0.5,
      deadlineSeconds: 30,
    },
  ],
  inputOf: () => ({ topic: 'Ship it?' }),
  outputOf: (task, chance) => {
    if (task.kind !== 'vote') return undefined;
    if (chance.happens(0.1)) return { verdict: 'no idea' };
    return {
      decision: chance.pick([...asked(task.input), 'neither']),
      confidence: chance.pick([0, 0.5, 1, 7]),
      reasoning: 'so',
    };
  },
  judge: (court, key, { before, after }) => {
    if (!key.sk.startsWith('NOTE#round#') || after === undefined) return;
    const { data } = Note.safeParse(after);
    if (before !== undefined) court.violate('C1 a round is counted once', `${key.pk} ${key.sk}`);
    if (data === undefined) return;
    const { cast, invited, votes } = data.value;
    const voters = new Set(votes.map(({ agentId }) => agentId));
    if (voters.size !== votes.length || cast !== votes.length || cast > invited)
      court.violate('C2 each distinct agent has one vote', JSON.stringify(data.value).slice(0, 300));
  },
};
