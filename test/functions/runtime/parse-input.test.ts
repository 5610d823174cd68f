import { describe, expect, it } from 'vitest';
import { AskedWorkflow } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { parseInput } from '#functions/runtime/parse-input.ts';

const mapReduce = (more: Record<string, unknown>) => ({
  mode: 'map_reduce',
  name: 'm',
  split: { over: '{{ input }}' },
  map: { type: 'a' },
  reduce: { aggregate: 'sum' },
  ...more,
});
const auction = (onNoBids: unknown) => ({
  mode: 'auction',
  name: 'a',
  task: { type: 'a' },
  bidders: { capability: 'a' },
  onNoBids,
});
const steps = (...list: readonly unknown[]) => ({ mode: 'sequential', name: 's', steps: list });

const refusalOf = (value: unknown): unknown => {
  try {
    parseInput(AskedWorkflow, value);
  } catch (error) {
    return error;
  }
  throw new Error('it was taken');
};

describe('what is wrong with a definition', () => {
  it.each([
    ['no mode', { name: 'x' }, 'mode', /^mode: is missing; it must be one of sequential, parallel, dag, .*auto\.$/],
    ['a mode that is none', { name: 'x', mode: 'seq' }, 'mode', /^mode: must be one of sequential, /],
    [
      'no variant',
      { name: 'x', mode: 'swarm' },
      'variant',
      'variant: is missing; it must be one of fanout, stigmergic.',
    ],
    [
      'a way to split that is none',
      mapReduce({ split: { over: '{{ input }}', by: 'colour' } }),
      'split.by',
      'split.by: must be one of file_type, complexity, dependency.',
    ],
    [
      'a way to reduce that is none',
      mapReduce({ reduce: { aggregate: 'concatt' } }),
      'reduce.aggregate',
      /must be one of concat, .*metrics, best_of\.$/,
    ],
    ['a strategy that is none', auction({ strategy: 'cheapest' }), 'onNoBids.strategy', /round_robin.*least_loaded/],
    [
      'a wrong field of the branch that was chosen',
      mapReduce({ split: { over: '{{ input }}', by: 'file_type', field: 3 } }),
      'split.field',
      /expected string/,
    ],
    ['a step, by its id', steps({ id: 'a', type: 't', timeoutSeconds: 0 }), 'steps.a.timeoutSeconds', /timeoutSeconds/],
    ['a step without an id, by its place', steps({ type: 't' }), 'steps.0.id', /steps\.0\.id/],
    [
      'a step in a group',
      steps({ id: 'g', parallel: [{ id: 'a', type: 't', slotCost: -1 }] }),
      'steps.g.parallel.a.slotCost',
      /slotCost/,
    ],
  ])('is told of %s', (_of, value, field, message) => {
    expect(refusalOf(value)).toMatchObject({
      code: 'INVALID_FIELD',
      field,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [steps({ id: 'a', type: 't', inptu: 1 }), 'steps.a.inptu'],
    [mapReduce({ split: { over: '{{ input }}', sise: 3 } }), 'split.sise'],
  ])('is a field that there is none of: %j', (value, field) =>
    expect(refusalOf(value)).toMatchObject({ code: 'UNKNOWN_FIELD', field }),
  );

  it('is the completion of a parallel workflow, not of a step of the workflow’s name', () => {
    const definition = AskedWorkflow.parse({
      mode: 'parallel',
      name: 'thr',
      tasks: [{ id: 'a', type: 't' }],
      completion: { threshold: 2 },
    });
    if (definition.mode === 'auto') throw new Error('it is parallel');
    expect(() => checkDefinition(definition)).toThrow(expect.objectContaining({ field: 'completion' }));
  });
});
