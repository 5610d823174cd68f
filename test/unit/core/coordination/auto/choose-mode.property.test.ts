import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CoordinationMode, chooseMode, type WorkTraits } from '#core/coordination/auto/choose-mode.ts';
import { allPaths, anyDag } from '../dag/graphs.ts';

const task = (id: string, ...dependsOn: string[]) => ({ id, dependsOn });
const chain = [task('a'), task('b', 'a'), task('c', 'b')];
const diamond = [task('a'), task('b', 'a'), task('c', 'a'), task('d', 'b', 'c')];
const modes: readonly CoordinationMode[] = [
  'sequential',
  'parallel',
  'pipeline',
  'map_reduce',
  'consensus',
  'hierarchical',
  'auction',
  'swarm',
  'leader_elect',
  'dag',
];

const table: readonly (readonly [WorkTraits, CoordinationMode, string])[] = [
  [{ tasks: chain }, 'sequential', '3 tasks are a chain'],
  [{ tasks: chain, handsOn: true }, 'pipeline', 'hand their output on'],
  [{ tasks: diamond }, 'dag', '4 tasks have 4 dependencies'],
  [{ tasks: diamond, handsOn: true }, 'dag', 'no chain'],
  [{ tasks: [task('a'), task('b')] }, 'parallel', '2 tasks do not depend on each other'],
  [{ tasks: [task('a')] }, 'sequential', 'nothing to coordinate'],
  [{ tasks: [task('a')], itemCount: 40 }, 'map_reduce', '40 items'],
  [{ tasks: [task('a')], itemCount: 1 }, 'sequential', 'one task'],
  [{ tasks: [task('a')], needsAgreement: true }, 'consensus', 'agree'],
  [{ tasks: [task('a')], teamCount: 3 }, 'hierarchical', '3 teams'],
  [{ tasks: [task('a')], isCompetitive: true }, 'auction', 'compete'],
  [{ tasks: [task('a')], needsDecomposition: true }, 'swarm', 'divided'],
  [{ tasks: [task('a')], needsLeader: true }, 'leader_elect', 'in charge'],
  [{ tasks: diamond, preferred: 'parallel' }, 'dag', 'parallel keeps no order, and 4 dependencies ask for one'],
  [{ tasks: diamond, preferred: 'pipeline' }, 'dag', 'no chain, as a pipeline needs'],
  [{ tasks: diamond, preferred: 'sequential' }, 'sequential', 'asked for'],
];

describe('chooseMode', () => {
  it.each(table)('for %j picks %s and says why', (traits, mode, why) => {
    const choice = chooseMode(traits);
    expect(choice.mode).toBe(mode);
    expect(choice.why).toContain(why);
  });

  it('picks for each mode some work', () =>
    expect(new Set(table.map(([traits]) => chooseMode(traits).mode))).toEqual(new Set(modes)));

  it('never picks a mode that would break a dependency, whatever is preferred', () =>
    fc.assert(
      fc.property(
        anyDag(8),
        fc.option(fc.constantFrom(...modes), { nil: undefined }),
        fc.boolean(),
        (tasks, preferred, handsOn) => {
          const { mode } = chooseMode({ tasks, handsOn, ...(preferred === undefined ? {} : { preferred }) });
          const hasOrder = tasks.some(({ dependsOn }) => dependsOn.length > 0);
          const isOnePath = allPaths(tasks).length === 1;
          const allowed: readonly CoordinationMode[] = [
            'sequential',
            'dag',
            ...(isOnePath ? ['pipeline' as const] : []),
          ];
          expect(hasOrder ? allowed : modes).toContain(mode);
        },
      ),
    ));
});
