import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DelegationRequest, delegate, type Subtask } from '#core/coordination/hierarchical/delegate.ts';

const teams = [
  { name: 'infra', leader: 'agt_infra', specialization: 'cloud' },
  { name: 'app', leader: 'agt_app', specialization: 'services' },
  { name: 'app2', leader: 'agt_app2', specialization: 'services' },
  { name: 'own', leader: 'agt_boss', specialization: 'review' },
];

const request = (subtasks: readonly Subtask[], rest: Partial<DelegationRequest> = {}): DelegationRequest => ({
  subtasks,
  teams,
  supervisor: 'agt_boss',
  maxSubtasks: 20,
  ...rest,
});

const kindsOf = (given: DelegationRequest): readonly string[] => {
  const result = delegate(given);
  return result.kind === 'refused' ? result.problems.map(({ kind }) => kind) : [];
};

const anySubtasks = fc
  .array(
    fc.record(
      {
        team: fc.constantFrom('infra', 'app', 'app2', 'own', 'ghosts'),
        specialization: fc.constantFrom('cloud', 'services', 'review', 'poetry'),
      },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) => rows.map((row, index): Subtask => ({ id: `s${index}`, ...row })));

describe('delegate', () => {
  it('gives each subtask of a plan to exactly one team that may have it, or refuses the plan and says why', () =>
    fc.assert(
      fc.property(anySubtasks, (subtasks) => {
        const result = delegate(request(subtasks));
        const mayHave = ({ team, specialization }: Subtask): readonly string[] =>
          teams
            .filter(({ leader }) => leader !== 'agt_boss')
            .filter((one) =>
              team === undefined
                ? specialization === undefined || one.specialization === specialization
                : one.name === team,
            )
            .map(({ name }) => name);
        const impossible = subtasks.filter((subtask) => mayHave(subtask).length === 0).map(({ id }) => id);
        const assigned = result.kind === 'delegated' ? result.assignments : [];
        expect(result.kind).toBe(impossible.length === 0 ? 'delegated' : 'refused');
        expect(result.kind === 'refused' ? result.problems.map(({ subtask }) => subtask) : []).toEqual(impossible);
        const given = assigned.flatMap(({ team, subtasks: ids }) => ids.map((id) => ({ id, team })));
        expect(given.map(({ id }) => id).toSorted()).toEqual(impossible.length > 0 ? [] : subtasks.map(({ id }) => id));
        const wrong = given.filter(
          ({ id, team }) => !subtasks.some((one) => one.id === id && mayHave(one).includes(team)),
        );
        expect(wrong).toEqual([]);
      }),
    ));

  it('shares out among the teams of a specialization evenly', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (count) => {
        const subtasks = Array.from({ length: count }, (_, index) => ({ id: `s${index}`, specialization: 'services' }));
        const result = delegate(request(subtasks));
        const sizes = result.kind === 'delegated' ? result.assignments.map(({ subtasks: ids }) => ids.length) : [];
        expect(sizes).toEqual([Math.ceil(count / 2), Math.floor(count / 2)].filter((size) => size > 0));
      }),
    ));

  it('names everything that is wrong with a plan', () => {
    expect(kindsOf(request([]))).toEqual(['empty_plan']);
    expect(kindsOf(request([{ id: 'a' }, { id: 'a' }]))).toEqual(['duplicate_subtask']);
    expect(
      kindsOf(
        request([
          { id: 'a', team: 'own' },
          { id: 'b', specialization: 'review' },
        ]),
      ),
    ).toEqual(['to_oneself', 'to_oneself']);
    expect(kindsOf(request([{ id: 'a' }], { teams: [] }))).toEqual(['no_team']);
    expect(delegate(request([{ id: 'a', team: 'ghosts' }]))).toMatchObject({
      problems: [{ kind: 'unknown_team', subtask: 'a', message: expect.stringContaining('infra, app, app2, own') }],
    });
  });

  it('does not read a plan that is too large', () =>
    expect(delegate(request([{ id: 'a', team: 'ghosts' }, { id: 'b' }], { maxSubtasks: 1 }))).toEqual({
      kind: 'refused',
      problems: [{ kind: 'oversized_plan', message: 'The plan has 2 subtasks; at most 1 are taken.' }],
    }));
});
