import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildEnvironment,
  type GraphSpec,
  type GridSpec,
  InvalidEnvironmentError,
} from '#core/coordination/swarm/environment.ts';
import { localView } from '#core/coordination/swarm/local-view.ts';

const grid = (rest: Partial<GridSpec> = {}): GridSpec => ({
  kind: 'grid',
  width: 4,
  height: 3,
  neighbours: 4,
  start: { x: 0, y: 0 },
  resources: [{ x: 3, y: 2 }],
  ...rest,
});

const graph = (rest: Partial<GraphSpec> = {}): GraphSpec => ({
  kind: 'graph',
  edges: [
    { from: 'nest', to: 'mid', cost: 1 },
    { from: 'mid', to: 'food', cost: 2 },
  ],
  start: 'nest',
  resources: [{ at: 'food' }],
  ...rest,
});

describe('buildEnvironment', () => {
  it('leads from each free cell to each free cell beside it, at what the step costs', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 8 as const),
        fc.array(fc.record({ x: fc.integer({ min: 1, max: 2 }), y: fc.nat(2) }), { maxLength: 4 }),
        (neighbours, obstacles) => {
          const { ways } = buildEnvironment(grid({ neighbours, obstacles }));
          const cells = Array.from({ length: 12 }, (_, index) => ({ x: index % 4, y: Math.floor(index / 4) })).filter(
            ({ x, y }) => !obstacles.some((at) => at.x === x && at.y === y),
          );
          for (const cell of cells) {
            const expected = cells
              .map((other) => ({ other, apart: [Math.abs(other.x - cell.x), Math.abs(other.y - cell.y)] as const }))
              .filter(({ apart: [x, y] }) => x <= 1 && y <= 1 && x + y > 0 && (neighbours === 8 || x + y === 1))
              .map(({ other, apart: [x, y] }) => `${other.x},${other.y} at ${Math.sqrt(x + y)}`)
              .toSorted();
            const found = (ways.get(`${cell.x},${cell.y}`) ?? []).map(({ to, cost }) => `${to} at ${cost}`).toSorted();
            expect(found).toEqual(expected);
          }
        },
      ),
    ));

  it('keeps the cheapest of several ways, both ways, and none to itself or through an obstacle', () => {
    const edges = [
      ...graph().edges,
      { from: 'mid', to: 'nest', cost: 0.5 },
      { from: 'mid', to: 'mid', cost: 1 },
      { from: 'mid', to: 'rock', cost: 1 },
    ];
    const { ways } = buildEnvironment(graph({ edges, obstacles: ['rock'] }));
    expect(ways.get('nest')?.map(({ to, cost }) => [to, cost])).toEqual([['mid', 0.5]]);
    expect(ways.get('mid')?.map(({ to, cost }) => [to, cost])).toEqual([
      ['food', 2],
      ['nest', 0.5],
    ]);
    expect(ways.has('rock')).toBe(false);
  });

  it.each([
    ['edges', graph({ edges: [{ from: 'nest', to: 'food', cost: 0 }] })],
    ['edges', graph({ edges: [{ from: 'nest', to: 'food', cost: Number.NaN }] })],
    ['start', graph({ start: 'moon' })],
    ['start', graph({ obstacles: ['nest'] })],
    ['start', grid({ start: { x: 9, y: 9 } })],
    ['resources', graph({ resources: [{ at: 'moon' }] })],
    ['resources', graph({ obstacles: ['food'] })],
    ['resources', graph({ resources: [{ at: 'nest' }] })],
    ['resources', graph({ resources: [{ at: 'food', amount: 0.5 }] })],
  ])('refuses what nobody could walk, naming %s', (field, spec) => {
    expect(() => buildEnvironment(spec)).toThrow(InvalidEnvironmentError);
    expect(() => buildEnvironment(spec)).toThrow(expect.objectContaining({ field: `environment.${field}` }));
  });
});

describe('localView', () => {
  it('shows what lies within sight and nothing beyond', () =>
    fc.assert(
      fc.property(fc.nat(3), fc.nat(2), fc.integer({ min: 1, max: 3 }), (x, y, sight) => {
        const environment = buildEnvironment(grid());
        const ants = [
          { id: 'ant-1', at: `${x},${y}`, trail: ['0,0'], lastPath: undefined, trips: 0, streak: 0 },
          { id: 'ant-2', at: '3,2', trail: ['0,0'], lastPath: undefined, trips: 0, streak: 0 },
        ];
        const [ant, other] = ants;
        if (ant === undefined || other === undefined) throw new Error('There are two ants.');
        const view = localView({ environment, pheromones: {}, resources: { '3,2': null }, ants, sight }, ant);
        const isNear = (place: string) => {
          const [toX = 0, toY = 0] = place.split(',').map(Number);
          return Math.abs(toX - x) + Math.abs(toY - y) <= sight;
        };
        expect(view.ways.every(({ from, to }) => isNear(from) && isNear(to))).toBe(true);
        const inSight = [...environment.ways].flatMap(([from, ways]) =>
          ways.filter(({ to }) => from < to && isNear(from) && isNear(to)),
        );
        expect(view.ways).toHaveLength(inSight.length);
        expect(view.resources).toEqual(isNear('3,2') ? ['3,2'] : []);
        expect(view.neighbours).toEqual(isNear('3,2') ? [{ antId: 'ant-2', at: '3,2' }] : []);
      }),
    ));

  it('gives strengths as shares of the strongest way', () => {
    const environment = buildEnvironment(graph());
    const [ant] = [{ id: 'ant-1', at: 'mid', trail: ['nest', 'mid'], lastPath: undefined, trips: 0, streak: 0 }];
    if (ant === undefined) throw new Error('There is an ant.');
    const pheromones = { '["mid","nest"]': 500, '["food","mid"]': 2000 };
    const { ways } = localView({ environment, pheromones, resources: {}, ants: [ant], sight: 1 }, ant);
    expect(ways).toEqual([
      { from: 'mid', to: 'nest', cost: 1, strength: 0.25 },
      { from: 'food', to: 'mid', cost: 2, strength: 1 },
    ]);
  });
});
