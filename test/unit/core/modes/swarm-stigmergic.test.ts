import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { heartbeat } from '#core/agents/heartbeat.ts';
import type { Json } from '#core/contract/json.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { createWorld, owner, type TestAgent, tenant } from '../world.ts';

/** Two ways from S to F: over A it costs 2, over B 10. */
const graph = {
  kind: 'graph',
  edges: [
    { from: 'S', to: 'A', cost: 1 },
    { from: 'A', to: 'F', cost: 1 },
    { from: 'S', to: 'B', cost: 5 },
    { from: 'B', to: 'F', cost: 5 },
  ],
  start: 'S',
  resources: [{ at: 'F' }],
};
const swarm = (more: Record<string, unknown> = {}) =>
  WorkflowDefinition.parse({
    mode: 'swarm',
    variant: 'stigmergic',
    name: 's',
    type: 'walk',
    environment: graph,
    agents: { capability: 'ants', count: 2 },
    antsPerAgent: 3,
    maxIterations: 20,
    ...more,
  });

const View = z.looseObject({
  iteration: z.int(),
  ants: z.array(
    z.looseObject({
      antId: z.string(),
      at: z.string(),
      trail: z.array(z.string()),
      ways: z.array(z.looseObject({ from: z.string(), to: z.string(), cost: z.number(), strength: z.number() })),
    }),
  ),
});
type View = z.infer<typeof View>;

const begin = async (more: Record<string, unknown> = {}, input: Json = null, names = ['one', 'two']) => {
  const world = createWorld();
  const agents = new Map<string, TestAgent>();
  for (const name of names) agents.set(name, await world.agent(name, { capabilities: ['ants'] }));
  const run = await world.start(swarm(more), input);
  return { world, agents, run };
};
type Begun = Awaited<ReturnType<typeof begin>>;

/** Goes the cheapest way that it has not gone yet. */
const cheapest = ({ ants }: View): Json =>
  ants.map(({ antId, at, trail, ways }) => {
    const open = ways
      .filter(({ from, to }) => from === at || to === at)
      .map(({ from, to, cost }) => ({ to: from === at ? to : from, cost }))
      .filter(({ to }) => !trail.includes(to))
      .toSorted((a, b) => a.cost - b.cost);
    return { antId, moves: open.slice(0, 1).map(({ to }) => to) };
  });

const step = async (begun: Begun, position: number, answer: (view: View, name: string) => Json | undefined) => {
  const { world, agents, run } = begun;
  await world.enterStage(run, position);
  for (const { taskId, agentName = '', input, status } of world.members(position)) {
    const agent = agents.get(agentName);
    const said = status === 'ASSIGNED' ? answer(View.parse(input), agentName) : undefined;
    if (agent !== undefined && said !== undefined) await world.complete(agent, taskId, said);
  }
  if (world.members(position).some(({ status }) => status === 'ASSIGNED' || status === 'QUEUED')) {
    world.advance(60_000);
    await world.fireTimers('deadline');
  }
  return world.decideAt(run, 'iterate', position);
};
/** Agents that are there say so. */
const beat = async ({ world, agents }: Begun, ...names: readonly string[]): Promise<void> => {
  for (const [name, agent] of agents)
    if (names.includes(name)) await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
};
const untilOver = async (begun: Begun, answer: (view: View, name: string) => Json | undefined, from = 0) => {
  for (let position = from; ; position++) {
    const { decision, position: next } = await step(begun, position, answer);
    if (decision !== 'goes_on') return { decision, iterations: position + 1 };
    expect(next).toBe(position + 1);
  }
};
const ended = ({ world, run }: Begun) => world.run(run.runId);

describe('a stigmergic swarm', () => {
  it('asks each agent for its own ants, with what they see and nothing else', async () => {
    const begun = await begin();
    await begun.world.enterStage(begun.run, 0);
    const members = begun.world.members(0);
    expect(new Set(members.map(({ agentName }) => agentName))).toEqual(new Set(['one', 'two']));
    const views = members.map(({ input }) => View.parse(input));
    expect(views.map(({ ants }) => ants.map(({ antId }) => antId))).toEqual([
      ['ant-1', 'ant-3', 'ant-5'],
      ['ant-2', 'ant-4', 'ant-6'],
    ]);
    expect(views[0]).toMatchObject({ iteration: 1, ants: [{ at: 'S', trail: ['S'], resources: [] }, {}, {}] });
    expect(views[0]?.ants[0]?.ways.map(({ to, strength }) => [to, strength])).toEqual(
      expect.arrayContaining([expect.arrayContaining([0])]),
    );
    expect(JSON.stringify(views[0])).not.toContain('"F"');
  });

  it('goes on until it agrees, and tells the way', async () => {
    const begun = await begin();
    const { decision, iterations } = await untilOver(begun, cheapest);
    expect({ decision, iterations }).toEqual({ decision: 'converged', iterations: 6 });
    expect(await ended(begun)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        verdict: 'converged',
        iterations: 6,
        best: { path: ['S', 'A', 'F'], cost: 2 },
        ants: 6,
        trips: 18,
        rejected: 0,
      },
    });
    begun.world.expectBooksToBalance();
  });

  it('is no parallel run: what one iteration left is what the next one sees', async () => {
    const begun = await begin();
    for (let position = 0; position < 2; position++) await step(begun, position, cheapest);
    await begun.world.enterStage(begun.run, 2);
    const [view] = begun.world.members(2).map(({ input }) => View.parse(input));
    const marked = view?.ants[0]?.ways.filter(({ strength }) => strength > 0).map(({ from, to }) => [from, to]);
    expect(marked).toEqual([['A', 'S']]);
  });

  it('begins with the marks that it is given', async () => {
    const begun = await begin({ pheromones: [{ from: 'S', to: 'B', strength: 0.5 }] });
    await begun.world.enterStage(begun.run, 0);
    const [view] = begun.world.members(0).map(({ input }) => View.parse(input));
    expect(view?.ants[0]?.ways.find(({ from, to }) => [from, to].includes('B'))?.strength).toBe(1);
  });

  it('ends at its cap with the best so far', async () => {
    const begun = await begin({ maxIterations: 3, minStrength: 1, convergence: 1 });
    expect(await untilOver(begun, cheapest)).toEqual({ decision: 'cap', iterations: 3 });
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: { verdict: 'cap', best: { cost: 2 } } });
  });

  it('takes its environment from the input, a grid too', async () => {
    const grid = { kind: 'grid', width: 3, height: 1, start: { x: 0, y: 0 }, resources: [{ x: 2, y: 0, amount: 6 }] };
    const begun = await begin({ environment: '{{ input.world }}' }, { world: grid });
    expect(await untilOver(begun, cheapest)).toMatchObject({ decision: 'used_up', iterations: 2 });
    expect((await ended(begun)).output).toMatchObject({ best: { path: ['0,0', '1,0', '2,0'], cost: 2 } });
  });

  it('makes no progress with the agents stopped, and is given up after ten iterations, with what there is', async () => {
    const begun = await begin();
    for (let position = 0; position < 2; position++) await step(begun, position, cheapest);
    const { decision, iterations } = await untilOver(begun, () => undefined, 2);
    expect({ decision, iterations }).toEqual({ decision: 'nobody_moves', iterations: 12 });
    const run = await ended(begun);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'UNRUNNABLE' } });
    expect(await readRunView(begun.world.services, tenant, run.runId)).toMatchObject({
      result: { iterations: 2, trips: 6, best: { cost: 2 } },
    });
  });

  it('goes on when agents come back: nothing has evaporated meanwhile', async () => {
    const begun = await begin();
    for (let position = 0; position < 2; position++) await step(begun, position, cheapest);
    for (let position = 2; position < 5; position++) await step(begun, position, () => undefined);
    await beat(begun, 'one', 'two');
    expect(await untilOver(begun, cheapest, 5)).toEqual({ decision: 'converged', iterations: 9 });
    expect((await ended(begun)).output).toMatchObject({ iterations: 6 });
  });

  it('lets the others go on without an agent that is silent, and deals its ants to them once it is gone', async () => {
    const begun = await begin();
    await step(begun, 0, (view, name) => (name === 'one' ? cheapest(view) : undefined));
    begun.world.advance(1000);
    await beat(begun, 'one');
    await begun.world.enterStage(begun.run, 1);
    const members = begun.world.members(1);
    expect(members.map(({ agentName }) => agentName)).toEqual(['one']);
    expect(View.parse(members[0]?.input).ants).toHaveLength(6);
  });

  it.each([
    ['ways that there are not', ({ ants }: View): Json => ants.map(({ antId }) => ({ antId, moves: ['F'] })), 6],
    ['more ways than they see', ({ ants }: View): Json => ants.map(({ antId }) => ({ antId, moves: ['A', 'F'] })), 6],
    [
      'deposits above their own',
      ({ ants }: View): Json => ants.map(({ antId }) => ({ antId, moves: ['A'], deposit: 5 })),
      6,
    ],
  ])('moves no ant that goes %s', async (_what, answer, rejected) => {
    const begun = await begin({ maxIterations: 1 });
    await step(begun, 0, answer);
    expect(await ended(begun)).toMatchObject({ output: { best: null, trips: 0, rejected } });
  });

  it('hears an agent for its own ants only, and nothing that is no answer', async () => {
    const begun = await begin({ maxIterations: 2 });
    const everybody = [1, 2, 3, 4, 5, 6].map((ant) => ({ antId: `ant-${ant}`, moves: ['A'] }));
    await step(begun, 0, (_view, name) => (name === 'one' ? everybody : { ants: [{ antId: 7 }, 'x'] }));
    await begun.world.enterStage(begun.run, 1);
    const places = begun.world
      .members(1)
      .flatMap(({ input }) => View.parse(input).ants.map(({ antId, at }) => `${antId} ${at}`));
    expect(places.toSorted()).toEqual(['ant-1 A', 'ant-2 S', 'ant-3 A', 'ant-4 S', 'ant-5 A', 'ant-6 S']);
  });

  it('is cancelled with its open iteration', async () => {
    const begun = await begin();
    await begun.world.enterStage(begun.run, 0);
    await cancelRun(begun.world.services, owner, begun.run.runId, 'no');
    await begun.world.drainTasks();
    expect(new Set(begun.world.members(0).map(({ status }) => status))).toEqual(new Set(['CANCELLED']));
    expect(await begun.world.decideAt(begun.run, 'iterate', 0)).toEqual({ decision: 'stopped' });
  });

  it.each(['before', 'after'] as const)('comes to the same when the function dies, %s whichever call', async (when) => {
    for (let at = 1; at <= 12; at++) {
      const begun = await begin({ maxIterations: 2, minStrength: 1 });
      await step(begun, 0, cheapest);
      await begun.world.enterStage(begun.run, 1);
      for (const { taskId, agentName = '', input } of begun.world.members(1)) {
        const agent = begun.agents.get(agentName);
        if (agent !== undefined) await begun.world.complete(agent, taskId, cheapest(View.parse(input)));
      }
      let calls = 0;
      begun.world.hooks[when] = () => {
        if (++calls === at) throw new Error('killed');
      };
      await begun.world.decideAt(begun.run, 'iterate', 1).catch(() => undefined);
      delete begun.world.hooks[when];
      expect(await begun.world.decideAt(begun.run, 'iterate', 1)).toEqual({ decision: 'cap' });
      expect(await ended(begun), `killed ${when} call ${at}`).toMatchObject({
        status: 'SUCCEEDED',
        output: { trips: 6, best: { cost: 2 } },
      });
    }
  });
});

describe('the definition of a stigmergic swarm', () => {
  it('takes the sizes of the book: 100 ants, a tenth evaporates, 1,000 iterations', () =>
    expect(() =>
      checkDefinition(swarm({ agents: { capability: 'ants', count: 100 }, antsPerAgent: 1, maxIterations: 1000 })),
    ).not.toThrow());

  it.each([
    [{ environment: { ...graph, start: 'X' } }, 'environment.start'],
    [{ environment: { ...graph, resources: [{ at: 'Y' }] } }, 'environment.resources'],
    [{ environment: { ...graph, obstacles: ['S'] } }, 'environment.start'],
  ])('refuses an environment that nobody could walk: %j', (more, field) =>
    expect(() => checkDefinition(swarm(more))).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION', field })),
  );

  it('fails a run whose input has no environment, saying where', async () => {
    const begun = await begin({ environment: '{{ input.world }}' }, { world: { kind: 'graph', edges: 'none' } });
    await begun.world.enterStage(begun.run, 0);
    expect((await ended(begun)).error?.message).toMatch(/environment\.edges/);
  });

  it.each([
    { maxIterations: 1001 },
    { antsPerAgent: 100, agents: { capability: 'ants', count: 100 } },
    { evaporation: 1.1 },
    { sight: 0 },
    { environment: 'input.world' },
    { environment: { kind: 'grid', width: 100, height: 100, start: { x: 0, y: 0 }, resources: [] } },
  ])('refuses the values of %j', (more) =>
    expect(WorkflowDefinition.safeParse({ ...swarm(), ...more }).success).toBe(false),
  );
});
