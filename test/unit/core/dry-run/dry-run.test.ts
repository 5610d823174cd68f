import { describe, expect, it } from 'vitest';
import type { DryRun } from '#core/contract/dry-run.ts';
import { limits } from '#core/contract/limits.ts';
import { WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { dryRun } from '#core/dry-run/dry-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { createWorld, otherTenant, stranger, tenant, type World } from '../world.ts';

const tried = (world: World, definition: WorkflowDefinitionInput): Promise<DryRun> =>
  dryRun(world.services, tenant, WorkflowDefinition.parse(definition));

const needs = (...capabilities: string[]) => ({ requirements: { capabilities } });

/** An agent that was seen to take so long for a task of a type. */
const practised = async (world: World, name: string, registration: Record<string, unknown>, seconds: number) => {
  const agent = await world.agent(name, registration);
  const task = await world.submit({ type: 'work', requirements: { capabilities: [], agentId: agent.agentId } });
  world.advance(seconds * 1000);
  await world.complete(agent, task.taskId);
  return agent;
};

const diamond: WorkflowDefinitionInput = {
  mode: 'dag',
  name: 'diamond',
  nodes: [
    { id: 'begin', type: 'work', ...needs('fast') },
    { id: 'left', type: 'work', dependsOn: ['begin'], ...needs('slow') },
    { id: 'right', type: 'work', dependsOn: ['begin'], ...needs('fast') },
    { id: 'end', type: 'work', dependsOn: ['left', 'right'], ...needs('fast') },
  ],
};

describe('dryRun', () => {
  it('tells steps, dollars and the critical path from what agents were seen to take', async () => {
    const world = createWorld();
    await practised(world, 'hare', { capabilities: ['fast'], costPerTask: 0.01 }, 2);
    await practised(world, 'tortoise', { capabilities: ['slow'], costPerTask: 0.5 }, 10);
    const before = world.ports.table.items();
    const { steps, unserved, estimate } = await tried(world, diamond);
    expect(steps).toMatchObject([
      { step: 'begin', tasks: 1, expectedSeconds: 2, priceUsd: 0.01, agents: { eligible: 1, live: 1 } },
      { step: 'left', dependsOn: ['begin'], expectedSeconds: 10, priceUsd: 0.5 },
      { step: 'right', expectedSeconds: 2 },
      { step: 'end', dependsOn: ['left', 'right'] },
    ]);
    expect(unserved).toEqual([]);
    expect(estimate).toMatchObject({
      tasks: 4,
      agentsUsd: 0.53,
      criticalPath: ['begin', 'left', 'end'],
      criticalPathSeconds: 14,
      expectedSeconds: 14,
      unknownDurations: [],
    });
    expect(estimate.totalUsd).toBeCloseTo(estimate.platformUsd + 0.53, 12);
    // Some 13 dollars for a million tasks, 25 for a million transitions.
    expect(estimate.platformUsd).toBeCloseTo((4 * 12.475 + estimate.transitions * 25) / 1e6, 9);
    expect(world.ports.table.items()).toEqual(before);
  });

  it('names what nobody could do, and what only those could who are away', async () => {
    const world = createWorld();
    await world.agent('away', { capabilities: ['draw'] });
    world.advance(61_000);
    await world.agent('here', { capabilities: ['read', 'write'] });
    const { unserved, steps } = await tried(world, {
      mode: 'parallel',
      name: 'p',
      tasks: [
        { id: 'both', type: 'work', ...needs('read', 'write') },
        { id: 'mixed', type: 'work', ...needs('read', 'draw') },
        { id: 'absent', type: 'work', ...needs('draw') },
        { id: 'never', type: 'work', ...needs('fly') },
        { id: 'person', approval: {} },
      ],
    });
    expect(unserved).toEqual([
      { step: 'mixed', reason: 'no_agent', capabilities: ['read', 'draw'] },
      { step: 'absent', reason: 'not_live', capabilities: ['draw'] },
      { step: 'never', reason: 'no_agent', capabilities: ['fly'] },
    ]);
    expect(steps.find(({ step }) => step === 'absent')?.agents).toEqual({ eligible: 1, live: 0 });
  });

  it('never sees the agents or the workflows of another tenant', async () => {
    const world = createWorld();
    await world.connect('socket-spy', stranger);
    await world.register({
      registration: { name: 'spy', capabilities: ['secret'] },
      connectionId: 'socket-spy',
      principal: stranger,
    });
    const inner = WorkflowDefinition.parse({ mode: 'parallel', name: 'theirs', tasks: [{ id: 'x', type: 'work' }] });
    await putWorkflow(world.services, otherTenant, inner);
    const definition: WorkflowDefinitionInput = {
      mode: 'sequential',
      name: 's',
      steps: [
        { id: 'a', type: 'work', ...needs('secret') },
        { id: 'b', run: { workflow: 'theirs' } },
      ],
    };
    expect((await tried(world, definition)).unserved).toEqual([
      { step: 'a', reason: 'no_agent', capabilities: ['secret'] },
      { step: 'b', reason: 'no_workflow', workflow: 'theirs' },
    ]);
    const own = await dryRun(world.services, otherTenant, WorkflowDefinition.parse(definition));
    expect(own.unserved).toEqual([]);
  });

  it('reckons with the runs inside, as deep as runs may nest', async () => {
    const world = createWorld();
    await practised(world, 'a', {}, 3);
    await world.start({
      mode: 'sequential',
      name: 'inner',
      steps: [
        { id: 'x', type: 'work' },
        { id: 'y', type: 'work' },
      ],
    });
    const outer: WorkflowDefinitionInput = {
      mode: 'parallel',
      name: 'outer',
      tasks: [
        { id: 'one', run: { workflow: 'inner' } },
        { id: 'two', type: 'work' },
      ],
    };
    const alone = await tried(world, { mode: 'parallel', name: 'alone', tasks: [{ id: 'x', type: 'work' }] });
    const { estimate } = await tried(world, outer);
    expect(estimate).toMatchObject({ tasks: 4, transitions: alone.estimate.transitions + 3, expectedSeconds: 6 });
    await putWorkflow(
      world.services,
      tenant,
      WorkflowDefinition.parse({
        ...outer,
        tasks: Array.from({ length: 40 }, (_, index) => ({ id: `t${index}`, run: { workflow: 'outer' } })),
      }),
    );
    const endless = await tried(world, {
      ...outer,
      name: 'endless',
      tasks: [{ id: 'one', run: { workflow: 'outer' } }],
    });
    expect(endless.unserved).toHaveLength(40);
    expect(endless.unserved[0]).toEqual({ step: 'one/t0', reason: 'runs_itself', workflow: 'outer' });
  });

  it('warns of a workflow that runs itself before it was ever stored, and of runs that are nested too deep', async () => {
    const world = createWorld();
    await world.agent('a');
    const running = (name: string, workflow: string): WorkflowDefinitionInput => ({
      mode: 'sequential',
      name,
      steps: [{ id: name, run: { workflow } }],
    });
    expect((await tried(world, running('rec', 'rec'))).unserved).toEqual([
      { step: 'rec', reason: 'runs_itself', workflow: 'rec' },
    ]);
    const store = (definition: WorkflowDefinitionInput) =>
      putWorkflow(world.services, tenant, WorkflowDefinition.parse(definition));
    await store({ mode: 'sequential', name: 'w0', steps: [{ id: 'x', type: 'work' }] });
    for (let at = 1; at <= limits.runDepth; at++) await store(running(`w${at}`, `w${at - 1}`));
    const last = `w${limits.runDepth}`;
    expect((await tried(world, running(last, `w${limits.runDepth - 1}`))).unserved).toEqual([]);
    expect((await tried(world, running('deeper', last))).unserved).toMatchObject([
      { step: expect.stringMatching(/^deeper\/w5\/.*\/w1$/), reason: 'too_deep', workflow: 'w0' },
    ]);
  });

  it('says what only the input tells, and what nobody was seen at', async () => {
    const world = createWorld();
    await world.agent('a');
    const { steps, estimate } = await tried(world, {
      mode: 'sequential',
      name: 's',
      steps: [
        { id: 'list', type: 'list' },
        { id: 'each', type: 'new', forEach: '{{ steps.list.output }}', input: '{{ item }}' },
      ],
    });
    expect(steps[1]).toMatchObject({ step: 'each', stage: 1, isCountUnknown: true, tasks: 1 });
    expect(estimate).toMatchObject({ transitions: 3, unknownDurations: ['list', 'each'], expectedSeconds: 0 });
  });

  it('tells the rounds that may be needed beside the one that is expected', async () => {
    const world = createWorld();
    await world.agent('ann');
    const { unserved, estimate, steps } = await tried(world, {
      mode: 'consensus',
      name: 'vote',
      type: 'judge',
      voters: { agents: ['ann', 'ben'] },
      question: 'Ship?',
      options: ['no', 'yes'],
      maxRounds: 3,
    });
    expect(steps).toMatchObject([{ step: 'votes', kind: 'vote', tasks: 2 }]);
    expect(unserved).toEqual([{ step: 'votes', reason: 'not_live', agents: ['ben'] }]);
    expect(estimate).toMatchObject({ tasks: 2, transitions: 4, maxTransitions: 10 });
  });

  it('refuses what cannot be stored, with the field', async () => {
    const world = createWorld();
    const bad = {
      mode: 'sequential' as const,
      name: 's',
      steps: [{ id: 'a', type: 'x', input: '{{ steps.b.output }}' }],
    };
    await expect(tried(world, bad)).rejects.toMatchObject({
      code: 'INVALID_DEFINITION',
      field: 'steps.a.input',
    });
    const cycle = { mode: 'dag' as const, name: 'd', nodes: [{ id: 'a', type: 'x', dependsOn: ['a'] }] };
    await expect(tried(world, cycle)).rejects.toMatchObject({ code: 'CYCLE' });
    const stage = { id: 'a', type: 'x', transform: 'sum(' };
    await expect(tried(world, { mode: 'pipeline', name: 'p', stages: [stage] })).rejects.toMatchObject({
      code: 'INVALID_DEFINITION',
    });
  });
});
