import { describe, expect, it } from 'vitest';
import { AskedWorkflow, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { dryRun } from '#core/dry-run/dry-run.ts';
import { resolveWorkflow } from '#core/modes/resolve-auto.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { putWorkflow, readWorkflow } from '#core/runs/workflow-store.ts';
import { workflowView } from '#core/runs/workflow-view.ts';
import { createWorld, tenant } from '../world.ts';

type Auto = Extract<WorkflowDefinitionInput, { mode: 'auto' }>;
type Part = Partial<Auto> & Pick<Auto, 'steps'>;

const auto = (part: Part): Auto => ({ mode: 'auto', name: 'work', ...part });
const step = (id: string, ...dependsOn: string[]) => ({ id, type: 'work', dependsOn });
const resolved = (part: Part) => resolveWorkflow(AskedWorkflow.parse(auto(part)));

const one = [{ id: 'it', type: 'work', input: '{{ input.topic }}' }];
const agreement = { voters: { capability: 'judge', count: 3 }, options: ['no', 'yes'] };
const team = { name: 'app', leader: 'ann', specialization: 'apps', workers: { capability: 'code', size: 2 } };

const table: readonly (readonly [string, Part, string, string])[] = [
  ['one task', { steps: one }, 'sequential', 'nothing to coordinate'],
  ['tasks that need nothing of each other', { steps: [step('a'), step('b')] }, 'parallel', 'do not depend'],
  ['a chain', { steps: [step('a'), step('b', 'a')] }, 'sequential', 'are a chain'],
  ['a chain that hands on', { handsOn: true, steps: [step('a'), step('b', 'a')] }, 'pipeline', 'hand their output on'],
  ['a graph', { steps: [step('a'), step('b', 'a'), step('c', 'a'), step('d', 'b', 'c')] }, 'dag', '4 dependencies'],
  [
    'one task for each element of a list',
    { steps: [{ id: 'each', type: 'work', forEach: '{{ input.files }}', input: '{{ item }}' }] },
    'map_reduce',
    'each item of a list',
  ],
  ['an answer that several agree on', { steps: one, agreement }, 'consensus', 'agree'],
  ['a task to bid for', { steps: one, bidders: { capability: 'code' } }, 'auction', 'compete'],
  ['a task that somebody leads', { steps: one, candidates: { capability: 'code' } }, 'leader_elect', 'in charge'],
  ['a task to be divided', { steps: one, decompose: { over: '{{ input.files }}' } }, 'swarm', 'divided first'],
  [
    'the work of teams',
    { steps: one, hierarchy: { supervisor: { type: 'plan' }, lead: { type: 'lead' }, teams: [team] } },
    'hierarchical',
    '1 teams',
  ],
  ['what is asked for', { preferred: 'dag', steps: [step('a'), step('b')] }, 'dag', 'asked for'],
  [
    'what is asked for in vain',
    { preferred: 'parallel', steps: [step('a'), step('b', 'a')] },
    'sequential',
    'keeps no order',
  ],
];

describe('a workflow of mode auto', () => {
  it.each(table)('for %s runs as its analysis says', (_name, part, mode, why) => {
    const { definition, choice } = resolved(part);
    expect(definition.mode).toBe(mode);
    expect(choice?.mode).toBe(mode);
    expect(choice?.why).toContain(why);
  });

  it('sees dependencies in what templates name, and leaves out those that follow from others', () => {
    const { definition, choice } = resolved({
      steps: [
        { id: 'last', type: 'work', input: ['{{ steps.first.output }}', '{{ steps.middle.output.x }}'] },
        { id: 'middle', type: 'work', input: '{{ steps.first.output }}' },
        step('first'),
      ],
    });
    // A chain, though the last one names both.
    expect(choice).toEqual({ mode: 'sequential', why: '3 tasks are a chain, so none can be done beside another' });
    expect(definition).toMatchObject({ steps: [{ id: 'first' }, { id: 'middle' }, { id: 'last' }] });
  });

  it('makes stages of what can go at once where a graph of single tasks cannot have a list', () => {
    const steps = [
      step('a'),
      step('stage-2'),
      { ...step('b', 'a'), forEach: '{{ steps.a.output }}', input: '{{ item }}' },
      step('c', 'a'),
      step('d', 'b', 'c', 'stage-2'),
    ];
    const { definition, choice } = resolved({ steps });
    expect(choice).toMatchObject({ mode: 'sequential', why: expect.stringContaining('forEach is no single task') });
    expect(definition).toMatchObject({
      steps: [
        { id: 'stage-1', parallel: [{ id: 'a' }, { id: 'stage-2' }] },
        { id: 'stage-2_', parallel: [{ id: 'b', forEach: '{{ steps.a.output }}' }, { id: 'c' }] },
        { id: 'd' },
      ],
    });
    const asked = resolved({ steps, preferred: 'sequential' });
    expect(asked.definition).toMatchObject({ steps: steps.map(({ id }) => ({ id })) });
  });

  const refused: readonly (readonly [string, Part, object])[] = [
    ['a cycle', { steps: [step('a', 'b'), step('b', 'a')] }, { code: 'CYCLE', message: /a → b → a/ }],
    ['a dependency on nothing', { steps: [step('a', 'egg')] }, { field: 'steps.a.dependsOn' }],
    ['two steps of one name', { steps: [step('a'), step('a')] }, { field: 'steps' }],
    ['an agreement about several steps', { steps: [step('a'), step('b')], agreement }, { field: 'agreement' }],
    ['two wishes at once', { steps: one, agreement, bidders: { capability: 'x' } }, { field: 'bidders' }],
    ['a preference without what it needs', { steps: one, preferred: 'consensus' }, { field: 'preferred' }],
    ['a map of no list', { steps: one, preferred: 'map_reduce' }, { field: 'preferred' }],
    [
      'a wish that another preference leaves out',
      { steps: one, agreement, preferred: 'parallel' },
      { field: 'agreement' },
    ],
    [
      'what the mode itself refuses',
      { steps: one, agreement: { ...agreement, voters: { agents: ['a'] }, veto: ['b'] } },
      { field: 'veto', message: /names who is no voter/ },
    ],
  ];
  it.each(refused)('refuses %s, with the field', (_name, part, error) => {
    const { message, ...rest } = { message: /./, ...error };
    expect(() => resolved(part)).toThrow(expect.objectContaining({ ...rest, message: expect.stringMatching(message) }));
  });

  it('runs as the mode that was chosen, and the run says which and why', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 5 });
    const steps = [step('a'), { ...step('b'), input: '{{ steps.a.output }}' }, step('c', 'a'), step('d', 'b', 'c')];
    const run = await world.start(auto({ steps }), null);
    expect(run.mode).toBe('dag');
    expect([...world.ports.executions.started.values()]).toMatchObject([{ mode: 'dag' }]);
    await world.enterStage(run, 0);
    for (const id of ['a', 'b', 'c', 'd']) {
      const task = world.tasks().find(({ place }) => place?.step === id);
      if (task === undefined) throw new Error(`${id} did not begin`);
      await world.complete(agent, task.taskId, `${id} done`);
    }
    const view = await readRunView(world.services, tenant, run.runId);
    expect(view).toMatchObject({
      status: 'SUCCEEDED',
      mode: 'dag',
      choice: { mode: 'dag', why: expect.stringContaining('4 tasks have 4 dependencies') },
      output: 'd done',
    });
    expect(world.tasks().find(({ place }) => place?.step === 'b')?.input).toBe('a done');
  });

  it('stays what it was chosen to be, and shows what its author wrote', async () => {
    const world = createWorld();
    const asked = AskedWorkflow.parse(auto({ steps: [step('a'), step('b')] }));
    const { version } = await putWorkflow(world.services, tenant, asked);
    expect((await putWorkflow(world.services, tenant, asked)).version).toBe(version);
    const stored = await readWorkflow(world.services, tenant, 'work', version);
    expect(stored.definition.mode).toBe('parallel');
    expect(workflowView(stored)).toMatchObject({
      mode: 'parallel',
      choice: { mode: 'parallel' },
      definition: { mode: 'auto', steps: [{ id: 'a' }, { id: 'b' }] },
    });
  });

  it('says in a dry run what it would be, and what that takes', async () => {
    const { services } = createWorld();
    const chain = AskedWorkflow.parse(auto({ steps: [step('a'), step('b', 'a')] }));
    expect(await dryRun(services, tenant, chain)).toMatchObject({
      mode: 'sequential',
      choice: { mode: 'sequential', why: expect.stringContaining('chain') },
      estimate: { tasks: 2, transitions: 3, criticalPath: ['a', 'b'] },
    });
  });
});
