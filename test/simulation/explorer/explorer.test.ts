import { describe, expect, it } from 'vitest';
import { configurations } from './configurations.ts';
import { type ExplorationOptions, Explorer } from './model.ts';

/** Whether some small fleet breaks this rule. */
const breaks = (rule: string, options: ExplorationOptions): boolean =>
  configurations.some((configuration) => new Explorer(configuration, options).run().violation?.rule === rule);

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
    expect(breaks('I2 free slots add up', { drop })).toBe(true);
  }, 60_000);

  it('breaks when the sweep frees without its fence', () => {
    const skip = 'update TASK {notUnderThisClaim}';
    expect(breaks('I1 assigned means a slot', { skip })).toBe(true);
  }, 60_000);

  it('breaks when the sweep frees without a mark where there is no task', () => {
    expect(breaks('I1 assigned means a slot', { skip: 'put TASK {stillNone}' })).toBe(true);
  }, 60_000);
});
