import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { begin, type Definition, enter, inputs, mapReduce, outcomeOf } from './map-reduce-run.ts';

describe('how it is split', () => {
  const itemsOf = async (split: Json, list: Json): Promise<readonly Json[]> => {
    const { world, run } = await begin({ split, map: { type: 't', input: '{{ item }}' } }, { list });
    await enter(world, run, 0);
    await enter(world, run, 1);
    return inputs(world);
  };
  const over = '{{ input.list }}';

  it('by size', async () =>
    expect(await itemsOf({ over, size: 2 }, ['a', 'b', 'c'])).toEqual([
      { name: 'chunk-1', items: ['a', 'b'] },
      { name: 'chunk-2', items: ['c'] },
    ]));

  it('by type of file, of paths or of what has a path', async () => {
    expect(await itemsOf({ over, by: 'file_type' }, ['a.ts', 'b.md', 'c.TS'])).toEqual([
      { name: 'ts', items: ['a.ts', 'c.TS'] },
      { name: 'md', items: ['b.md'] },
    ]);
    expect(await itemsOf({ over, by: 'file_type', field: 'file.name' }, [{ file: { name: 'a.ts' } }])).toHaveLength(1);
  });

  it('by complexity, into groups of about the same', async () =>
    expect(
      await itemsOf(
        { over, by: 'complexity', groups: 2 },
        [5, 3, 2, 4].map((complexity) => ({ complexity })),
      ),
    ).toEqual([
      { name: 'bin-1', items: [{ complexity: 5 }, { complexity: 2 }] },
      { name: 'bin-2', items: [{ complexity: 3 }, { complexity: 4 }] },
    ]));

  it('by dependency, so that no part needs another', async () => {
    const nodes = [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }];
    expect(await itemsOf({ over, by: 'dependency' }, nodes)).toEqual([
      { name: 'group-1', items: [nodes[0], nodes[1]] },
      { name: 'group-2', items: [nodes[2]] },
    ]);
  });

  const failure = async (split: Json, list: Json) => {
    const { world, run } = await begin({ split }, { list });
    await enter(world, run, 0);
    expect(outcomeOf(world, 0)).toMatchObject({ error: 'StageFailed' });
    return (await world.run(run.runId)).error;
  };

  it.each<[string, Json, Json, RegExp]>([
    ['no list', { over }, 'text', /not a list/],
    [
      'an element without a path',
      { over, by: 'file_type' },
      [{ path: 'a.ts' }, { x: 1 }],
      /Element 1 has no path at "path"/,
    ],
    ['an element without complexity', { over, by: 'complexity' }, [{ complexity: -1 }], /Element 0 has no complexity/],
    ['an element without an id', { over, by: 'dependency' }, [{ name: 'a' }], /Element 0 has no "id"/],
    [
      'a cycle',
      { over, by: 'dependency' },
      [
        { id: 'a', dependsOn: ['b'] },
        { id: 'b', dependsOn: ['a'] },
      ],
      /a → b → a/,
    ],
    ['too many parts', { over }, Array.from({ length: limits.itemsPerStep + 1 }, () => 1), /1001 parts; at most 1000/],
  ])('fails the run before anything starts, for %s', async (_what, split, list, message) =>
    expect((await failure(split, list))?.message).toMatch(message),
  );

  const byTask = async (answer: Json, more: Definition = {}) => {
    const split = { task: { type: 'split', input: '{{ input.list }}' }, ...more };
    const { world, agent, run } = await begin({ split, map: { type: 't', input: '{{ item }}' } }, { list: ['x', 'y'] });
    await enter(world, run, 0);
    expect(world.members(0)).toMatchObject([{ kind: 'plan', type: 'split', input: ['x', 'y'] }]);
    await world.complete(agent, world.memberId(0, 0), answer);
    await enter(world, run, 1);
    return { world, run };
  };

  it('by a task, into what it answers', async () => {
    const { world } = await byTask({ parts: [{ from: 0 }, 'rest'] });
    expect(inputs(world)).toEqual([{ from: 0 }, 'rest']);
  });

  it('by a task that maps elements by their positions, each exactly once', async () => {
    const mappings = [{ name: 'all', items: [1, 0] }];
    expect(inputs((await byTask({ mappings }, { over })).world)).toEqual([{ name: 'all', items: ['y', 'x'] }]);
  });

  it.each<[string, Json, Definition, RegExp]>([
    ['no parts', 'none', {}, /no { "parts"/],
    ['no mappings', { parts: [] }, { over: '{{ input.list }}' }, /no { "mappings"/],
    [
      'an element left out',
      { mappings: [{ name: 'a', items: [0] }] },
      { over: '{{ input.list }}' },
      /No mapping has the items 1/,
    ],
    [
      'an element twice',
      { mappings: [{ name: 'a', items: [0, 1, 1] }] },
      { over: '{{ input.list }}' },
      /more than once: 1/,
    ],
    [
      'an unknown one',
      { mappings: [{ name: 'a', items: [0, 1, 7] }] },
      { over: '{{ input.list }}' },
      /do not exist: 7/,
    ],
  ])('fails the run when a task answers with %s', async (_what, answer, more, message) => {
    const { world, run } = await byTask(answer, more);
    expect(await world.run(run.runId)).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringMatching(message) },
    });
    expect(world.members(1)).toEqual([]);
  });
});

describe('its definition', () => {
  it.each<[string, Definition, string]>([
    ['a split that names no input', { split: { over: '{{ steps.x.output }}' } }, 'split'],
    ['more than all tolerated', { toleratedFailures: '101%' }, 'toleratedFailures'],
    ['a reducer that does not exist', { reduce: { aggregate: 'average' } }, 'reduce'],
    ['best_of without a path', { reduce: { aggregate: 'best_of' } }, 'reduce'],
    ['a map that is nothing', { map: { input: 1 } }, 'map'],
    ['a field that nobody knows', { shuffle: true }, 'shuffle'],
  ])('is refused for %s', (_what, more, field) => expect(() => mapReduce(more)).toThrow(new RegExp(field)));

  it.each<[string, Definition, string]>([
    ['parts in the map', { map: { type: 't', input: '{{ parts }}' } }, 'steps.map.input'],
    ['item in the splitter', { split: { task: { type: 't', input: '{{ item }}' } } }, 'steps.split.input'],
    ['item in the reducer', { reduce: { task: { type: 't', input: '{{ item }}' } } }, 'steps.reduce.input'],
    ['an output of nothing', { output: '{{ steps.reduce.output }}' }, 'output'],
  ])('is refused for naming %s', (_what, more, field) =>
    expect(() => checkDefinition(WorkflowDefinition.parse(mapReduce(more)))).toThrow(
      expect.objectContaining({ code: 'INVALID_DEFINITION', field }),
    ),
  );
});
