import { describe, expect, it } from 'vitest';
import { answer, at, begin, ended, enter, taskAt, teams, untilWork } from './hierarchy.ts';

describe('what agents of a hierarchy propose', () => {
  it.each([
    ['no list', { parts: [] }, /no object with a list "subtasks"/],
    ['nothing', { subtasks: [] }, /no subtasks/],
    [
      'a team that there is none of, and a specialist that there is none of',
      {
        subtasks: [
          { id: 'a', team: 'ops' },
          { id: 'b', specialization: 'magic' },
        ],
      },
      /"ops".*"magic"/,
    ],
    [
      'too much',
      { subtasks: Array.from({ length: 300 }, (_, index) => ({ id: `s${index}` })) },
      /300 subtasks; at most 20/,
    ],
    ['ids that are none', { subtasks: [{ id: '1' }] }, /subtasks\.0\.id/],
  ])('a plan of %s is refused whole', async (_what, output, message) => {
    const begun = await begin();
    await answer(begun, 'plan', output);
    await enter(begun, 'split');
    expect(begun.world.members(at.split)).toEqual([]);
    expect((await ended(begun)).error?.message).toMatch(message);
  });

  it('a plan that gives work to the supervisor itself is refused', async () => {
    const begun = await begin({ teams: [{ ...teams[0], leader: 'boss' }, teams[1]] });
    await answer(begun, 'plan', { subtasks: [{ id: 'a', team: 'infra' }] });
    await enter(begun, 'split');
    expect((await ended(begun)).error?.message).toMatch(/back to its supervisor/);
  });

  it.each([
    ['no list', 'done', /leader of "infra" .*"items"/],
    ['nothing', { items: [] }, /"infra" has work and no items/],
    [
      'two items of one name, and a worker of another team',
      { items: [{ id: 'a', worker: 'cem' }, { id: 'a' }] },
      /"cem" is no worker.*Two items/,
    ],
    ['what it was not given', { items: [{ id: 'a', subtask: 'service' }] }, /"service", which it was not given/],
  ])('a split of %s is refused', async (_what, output, message) => {
    const begun = await untilWork({}, output);
    expect(begun.world.members(at.work)).toEqual([]);
    expect((await ended(begun)).error?.message).toMatch(message);
  });

  it('a split that leaves a step of the rollout out is refused', async () => {
    const begun = await untilWork({ plan: 'canary' });
    expect((await ended(begun)).error?.message).toMatch(/names no step of the rollout.*"deploy-canary"/s);
  });

  it('is data, never a template', async () => {
    const begun = await untilWork({}, { items: [{ id: 'a', input: '{{ input.goal }}' }] });
    expect(taskAt(begun, 'work', 'infra/a').input).toBe('{{ input.goal }}');
  });

  it('names agents that there are: a team without its leader never begins', async () => {
    const begun = await begin({ teams: [{ ...teams[0], leader: 'ghost' }] });
    expect((await ended(begun)).error?.message).toMatch(/"infra" has members that are no agents: ghost/);
  });
});
