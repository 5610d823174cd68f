import { describe, expect, it } from 'vitest';
import { tally } from '#core/coordination/consensus/tally.ts';
import { request, vote } from './ballots.ts';

const three = [vote('security', 'deploy'), vote('performance', 'deploy'), vote('cost', 'deploy')];

describe('tally', () => {
  it('decides for the option that has the quorum, and says how many took part', () => {
    const result = tally(request({ votes: [...three, vote('reliability', 'hold')] }));
    expect(result).toMatchObject({
      kind: 'decided',
      option: 'deploy',
      by: 'quorum',
      participation: 1,
      confidence: 0.75,
    });
    expect(result.tally).toEqual([
      { option: 'hold', votes: 1, weight: 1, share: 0.25 },
      { option: 'deploy', votes: 3, weight: 3, share: 0.75 },
      { option: 'canary', votes: 0, weight: 0, share: 0 },
    ]);
  });

  it('takes a share that is the quorum to the last digit for the quorum', () => {
    const votes = [0.1, 0.2, 0.3].map((confidence, index) =>
      vote(['security', 'performance', 'cost'][index] ?? '', index === 2 ? 'hold' : 'deploy', { confidence }),
    );
    const even = tally(request({ votes, weights: 'confidence', quorum: 0.5, tieBreaker: 'escalate' }));
    expect(even.kind).toBe('escalate');
    expect(
      tally(request({ votes: votes.slice(0, 2), weights: 'confidence', quorum: 1, minParticipation: 0.5 })),
    ).toMatchObject({
      option: 'deploy',
      by: 'quorum',
    });
  });

  it('never takes too few votes for a no', () =>
    expect(tally(request({ votes: three.slice(0, 2) }))).toMatchObject({
      kind: 'insufficient_participation',
      cast: 2,
      needed: 3,
      reasoning: '2 of 4 voted; at least 3 must. That is no vote against.',
    }));

  it('says of answers that are no vote that there were some, and why', () =>
    expect(
      tally(
        request({
          votes: [
            vote('security', 'maybe'),
            vote('performance', ''),
            vote('cost', 'deploy', { confidence: 7 }),
            vote('reliability', 'deploy'),
          ],
        }),
      ).reasoning,
    ).toBe(
      '1 of 4 voted (2 answers named no option, 1 answer had a confidence outside 0 to 1); at least 3 must. That is no vote against.',
    ));

  it('needs one vote even where no share is asked for', () =>
    expect(tally(request({ minParticipation: 0 }))).toMatchObject({ kind: 'insufficient_participation', needed: 1 }));

  it('lets a veto decide for the first option, whatever the others say', () =>
    expect(
      tally(
        request({ votes: [...three, vote('reliability', 'hold', { confidence: 0.4 })], vetoVoters: ['reliability'] }),
      ),
    ).toMatchObject({ kind: 'decided', option: 'hold', by: 'veto', confidence: 0.4 }));

  it('gives a veto voter no more than a vote for any other option', () =>
    expect(tally(request({ votes: three, vetoVoters: ['cost'] }))).toMatchObject({ option: 'deploy', by: 'quorum' }));

  it('counts the first of two votes and lists the other, a stranger and an option that does not exist', () =>
    expect(
      tally(
        request({
          votes: [...three, vote('cost', 'hold'), vote('mallory', 'hold'), vote('reliability', 'explode')],
        }),
      ),
    ).toMatchObject({
      option: 'deploy',
      cast: 3,
      rejected: [
        { voter: 'cost', decision: 'hold', reason: 'second_vote' },
        { voter: 'mallory', decision: 'hold', reason: 'unknown_voter' },
        { voter: 'reliability', decision: 'explode', reason: 'unknown_option' },
      ],
    }));

  it('lets a voter repeat a vote that could not count', () =>
    expect(
      tally(request({ votes: [vote('cost', 'explode'), vote('cost', 'deploy')], minParticipation: 0.25 })),
    ).toMatchObject({ option: 'deploy', cast: 1 }));

  it('weighs by capability confidence times observed success, which is 1 while unknown', () => {
    const expert = { weightInputs: { capabilityConfidence: 0.9, successRate: undefined } };
    const novice = { weightInputs: { capabilityConfidence: 0.5, successRate: 0.4 } };
    const votes = [
      vote('security', 'hold', expert),
      vote('cost', 'deploy', novice),
      vote('performance', 'deploy', novice),
    ];
    const result = tally(request({ votes, weights: 'expertise' }));
    expect(result).toMatchObject({ option: 'hold', by: 'quorum' });
    expect(result.effectiveVoters).toBeCloseTo(1.3 ** 2 / (0.9 ** 2 + 2 * 0.2 ** 2), 9);
  });

  describe('without a quorum', () => {
    const split = [
      vote('security', 'hold'),
      vote('performance', 'canary'),
      vote('cost', 'deploy'),
      vote('reliability', 'deploy'),
    ];

    it('goes to the next round while there is one', () =>
      expect(tally(request({ votes: split, maxRounds: 2 })).kind).toBe('next_round'));

    it('falls back on the first option', () =>
      expect(tally(request({ votes: split, round: 2, maxRounds: 2 }))).toMatchObject({
        option: 'hold',
        by: 'tie_break',
      }));

    it('takes the leader at its vote, and the first option when it has none', () => {
      const leader = { votes: split, tieBreaker: 'leader', leader: 'performance' } as const;
      expect(tally(request(leader))).toMatchObject({ option: 'canary', by: 'tie_break' });
      expect(tally(request({ ...leader, votes: split.filter(({ voter }) => voter !== 'performance') }))).toMatchObject({
        option: 'deploy',
        by: 'quorum',
      });
      const silent = split.filter(({ voter }) => voter !== 'performance');
      expect(tally(request({ ...leader, votes: silent, quorum: 0.9 }))).toMatchObject({
        option: 'hold',
        by: 'tie_break',
      });
    });

    it('draws among the heaviest only', () => {
      const tied = [...split.slice(0, 2), vote('cost', 'canary'), vote('reliability', 'hold')];
      const drawn = [0, 0.49, 0.5, 0.999].map((fraction) => {
        const result = tally(request({ votes: tied, tieBreaker: 'random', random: () => fraction }));
        return result.kind === 'decided' ? result.option : result.kind;
      });
      expect(drawn).toEqual(['hold', 'hold', 'canary', 'canary']);
    });

    it('asks a person', () => expect(tally(request({ votes: split, tieBreaker: 'escalate' })).kind).toBe('escalate'));
  });
});
