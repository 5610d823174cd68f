import { describe, expect, it } from 'vitest';
import { configurations } from './configurations.ts';
import { type ExplorationOptions, Explorer } from './model.ts';

const violations = (options: ExplorationOptions): readonly string[] =>
  configurations
    .map((configuration) => new Explorer(configuration, options).run().violation)
    .filter((violation) => violation !== undefined)
    .map(({ rule }) => rule);

describe('the slot protocol', () => {
  it.each(configurations.map((configuration) => ({ name: configuration.name, configuration })))(
    'holds in every interleaving with every crash: $name',
    ({ configuration }) => {
      const { violation, states } = new Explorer(configuration).run();
      expect(violation).toBeUndefined();
      expect(states).toBeGreaterThan(1000);
    },
    60_000,
  );

  it('breaks when a release does not name its claim', () => {
    const drop = { write: 'update SLOTS {sameClaim}', clauses: ['sameClaim'] };
    expect(violations({ drop })).toContain('I2 free slots add up');
  }, 60_000);

  it('breaks when the sweep frees without its fence', () => {
    const skip = 'update TASK {notUnderThisClaim, unchanged}';
    expect(violations({ skip })).toContain('I1 assigned means a slot');
  }, 60_000);

  it('breaks when the sweep frees without a mark where there is no task', () => {
    expect(violations({ skip: 'put TASK {stillNone}' })).toContain('I1 assigned means a slot');
  }, 60_000);
});
