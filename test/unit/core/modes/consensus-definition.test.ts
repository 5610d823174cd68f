import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';

const plain = {
  mode: 'consensus',
  name: 'vote',
  type: 'judge',
  voters: { agents: ['ann', 'ben', 'cem', 'dia'] },
  question: null,
  options: ['keep', 'ship'],
};
const definition = (more: Record<string, unknown>) => WorkflowDefinition.parse({ ...plain, ...more });

describe('a definition of a consensus', () => {
  const refusal = (more: Record<string, unknown>): unknown => {
    const parsed = WorkflowDefinition.safeParse({ ...plain, ...more });
    return parsed.success ? undefined : parsed.error.issues[0]?.path.join('.');
  };

  it.each([
    ['veto', { veto: ['eve'] }],
    ['leader', { tieBreaker: 'leader' }],
    ['leader', { leader: 'ann' }],
    ['leader', { tieBreaker: 'leader', leader: 'eve' }],
    ['options', { options: ['one'] }],
    ['options', { options: ['same', 'same'] }],
    ['quorum', { quorum: 0 }],
    ['quorum', { quorum: 1.1 }],
    ['minParticipation', { minParticipation: -1 }],
    ['maxRounds', { maxRounds: 0 }],
    ['maxRounds', { maxRounds: limits.roundsPerConsensus + 1 }],
    ['deadlineSeconds', { deadlineSeconds: 0 }],
    ['tieBreaker', { tieBreaker: 'coin' }],
    ['weights', { weights: 'height' }],
    ['voters.agents', { voters: { agents: [] } }],
    ['voters.agents', { voters: { agents: ['ann', 'ann'] } }],
    ['voters', { voters: { agents: ['ann'], count: 1 } }],
    ['voters.count', { voters: { capability: 'law', count: 1 }, veto: ['ann', 'ben'] }],
  ])('is refused for its %s', (field, more) => expect(refusal(more)).toBe(field));

  it('takes templates in the question that name what exists by then', () => {
    checkDefinition(definition({ question: 'Of {{ input.topic }} in {{ run.id }}', output: '{{ result.decision }}' }));
    expect(() => checkDefinition(definition({ question: '{{ steps.a.output }}' }))).toThrow(
      expect.objectContaining({ code: 'INVALID_DEFINITION', field: 'question' }),
    );
  });
});
