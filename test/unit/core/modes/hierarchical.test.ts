import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { addWatcher } from '#core/watch/watchers.ts';
import { owner, tenant } from '../world.ts';
import {
  answer,
  appItems,
  at,
  begin,
  definition,
  ended,
  enter,
  finish,
  finishWork,
  infraItems,
  plan,
  taskAt,
  teams,
  untilWork,
} from './hierarchy.ts';

describe('a hierarchical run', () => {
  it('goes down by rank and up again, each told what it needs', async () => {
    const begun = await begin();
    expect(taskAt(begun, 'plan')).toMatchObject({
      kind: 'plan',
      type: 'supervise',
      agentName: 'boss',
      input: {
        phase: 'plan',
        task: { goal: 'ship' },
        teams: [
          { name: 'infra', size: 2 },
          { name: 'app', size: 2 },
        ],
      },
    });
    await answer(begun, 'plan', plan);
    await enter(begun, 'split');
    expect(begun.world.members(at.split)).toMatchObject([
      {
        agentName: 'infra-lead',
        kind: 'plan',
        input: { phase: 'split', subtasks: [{ id: 'network' }], workers: [{ name: 'ann' }, { name: 'ben' }] },
      },
      {
        agentName: 'app-lead',
        kind: 'plan',
        input: { phase: 'split', subtasks: [{ id: 'service', input: { port: 80 } }], size: 2 },
      },
    ]);
    await answer(begun, 'split', infraItems, 'split-infra');
    await answer(begun, 'split', appItems, 'split-app');
    await enter(begun, 'work');
    expect(
      begun.world.members(at.work).map(({ place, status, agentName }) => [place?.step, status, agentName]),
    ).toEqual([
      ['infra/vpc', 'ASSIGNED', 'ann'],
      ['infra/dns', 'ASSIGNED', 'ben'],
      ['app/build', 'ASSIGNED', 'cem'],
      ['app/deploy', 'ASSIGNED', 'cem'],
    ]);
    await finishWork(begun);
    await enter(begun, 'aggregate');
    expect(taskAt(begun, 'aggregate', 'aggregate-infra')).toMatchObject({
      kind: 'reduce',
      agentName: 'infra-lead',
      input: {
        phase: 'aggregate',
        results: [{ item: 'infra/vpc', subtask: 'network', output: 'infra/vpc done', agent: 'ann' }, {}],
      },
    });
    await answer(begun, 'aggregate', 'infra is up', 'aggregate-infra');
    await answer(begun, 'aggregate', 'app is up', 'aggregate-app');
    await enter(begun, 'integrate');
    expect(taskAt(begun, 'integrate')).toMatchObject({
      kind: 'reduce',
      agentName: 'boss',
      input: {
        phase: 'integrate',
        reports: [{ team: 'infra', leader: 'infra-lead', report: 'infra is up' }, { report: 'app is up' }],
        skipped: [],
        progress: { share: 1, total: 4, succeeded: 4 },
      },
    });
    await answer(begun, 'integrate', 'all done');
    expect(await ended(begun)).toMatchObject({
      status: 'SUCCEEDED',
      output: { output: 'all done', skipped: [], failureHandled: false, items: [{}, {}, {}, {}], teams: [{}, {}] },
    });
    begun.world.expectBooksToBalance();
  });

  it('is no parallel run: nobody works before leaders have split, and only teams that have something to do are asked', async () => {
    const begun = await begin();
    await answer(begun, 'plan', { subtasks: [{ id: 'only', team: 'app' }] });
    await enter(begun, 'split');
    expect(begun.world.members(at.split).map(({ place }) => place?.step)).toEqual(['split-app']);
    expect(begun.world.tasks().filter(({ kind }) => kind === 'work')).toEqual([]);
  });

  it('gives work to workers as its layer has it: of unknown complexity to the highest', async () => {
    const layers = [
      { name: 'junior', upTo: 0.5, strategy: 'cost_optimized' },
      { name: 'senior', upTo: 0.8, strategy: 'performance_based', priority: 'high' },
    ];
    const items: Json = { items: [{ id: 'easy', complexity: 0.1 }, { id: 'hard' }] };
    const begun = await untilWork({ layers }, infraItems, items);
    const of = (step: string) => begun.world.members(at.work, step)[0];
    expect(of('infra/vpc')).toMatchObject({ strategy: 'cost_optimized', priority: 'normal' });
    expect(of('app/easy')).toMatchObject({ strategy: 'cost_optimized' });
    expect(of('app/hard')).toMatchObject({ strategy: 'performance_based', priority: 'high' });
  });

  it('lets a leader choose the worker, and shares the rest out evenly', async () => {
    const items: Json = { items: [{ id: 'x', worker: 'ben', effort: 5 }, { id: 'y' }, { id: 'z' }] };
    const begun = await untilWork({}, items);
    const names = begun.world.members(at.work).map(({ place, agentName }) => `${place?.step} ${agentName}`);
    expect(names.slice(0, 3)).toEqual(['infra/x ben', 'infra/y ann', 'infra/z ann']);
  });

  it('reports progress up, team by team, to the run and to whoever watches it', async () => {
    const begun = await untilWork();
    await begun.world.connect('screen');
    await addWatcher(begun.world.services, owner, begun.run.runId, { connectionId: 'screen' });
    await answer(begun, 'work', 'done', 'infra/vpc');
    await answer(begun, 'work', 'done', 'infra/dns');
    const told = begun.world.frames('screen', 'event').filter(({ payload }) => payload['type'] === 'run.progress');
    expect(told.map(({ payload }) => payload['data'])).toMatchObject([
      { progress: { total: 4, succeeded: 1, share: 0.5 } },
      {
        progress: {
          total: 4,
          succeeded: 2,
          teams: [
            { id: 'infra', share: 1 },
            { id: 'app', share: 0 },
          ],
        },
      },
    ]);
    const seqs = told.map(({ payload }) => Number(payload['seq']));
    expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
    expect(await readRunView(begun.world.services, tenant, begun.run.runId)).toMatchObject({
      progress: { succeeded: 2 },
    });
  });

  it('follows the steps of a rollout: what does one waits for all that does the one before', async () => {
    const steps = [
      'provision-green',
      'deploy-green',
      'verify-green',
      'switch-to-green',
      'observe-green',
      'retire-blue',
    ];
    const items = (own: readonly string[]): Json => ({ items: own.map((step) => ({ id: step, step })) });
    const begun = await untilWork(
      { plan: 'blue_green' },
      items([steps[0] ?? '', steps[3] ?? '']),
      items([...steps.slice(1, 3), ...steps.slice(4)]),
    );
    const seen: string[] = [];
    for (;;) {
      const now = begun.world.members(at.work).filter(({ status }) => status === 'ASSIGNED');
      if (now.length === 0) break;
      for (const { place } of now) {
        seen.push(place?.step.split('/')[1] ?? '');
        await answer(begun, 'work', 'done', place?.step);
      }
    }
    expect(seen).toEqual(steps);
    expect(begun.world.ports.executions.answers.get('token-2')).toHaveProperty('output');
  });

  it('updates the units that the input names, batch by batch', async () => {
    const rolling = { kind: 'rolling_update', units: '{{ input.units }}', batchSize: 2 };
    const begun = await begin({ plan: rolling }, { units: ['a', 'b', 'c'] });
    expect(taskAt(begun, 'plan').input).toMatchObject({
      rollout: [
        { id: 'update-1', targets: ['a', 'b'] },
        { id: 'verify-1' },
        { id: 'update-2', targets: ['c'] },
        { id: 'verify-2' },
      ],
    });
  });

  it('fails when the supervisor does not approve, and keeps what there is', async () => {
    const begun = await untilWork();
    await finishWork(begun);
    await finish(begun, { approved: false, reason: 'too slow' });
    expect(await ended(begun)).toMatchObject({
      status: 'FAILED',
      error: { code: 'NOT_APPROVED', message: 'The supervisor did not approve: too slow' },
    });
    expect(await readRunView(begun.world.services, tenant, begun.run.runId)).toMatchObject({
      result: { items: [{ status: 'SUCCEEDED' }, {}, {}, {}] },
    });
    expect(begun.world.ports.executions.answers.get('token-6')).toMatchObject({ error: 'StepFailed' });
  });
});

describe('the definition of a hierarchy', () => {
  const check = (more: Record<string, unknown>) => () => checkDefinition(definition(more));
  it.each([
    [{ work: { type: 'w', input: '{{ item }} {{ brief.team }}' } }],
    [{ supervisor: { type: 's', input: { brief: '{{ brief }}', style: '{{ input.style }}' } } }],
    [{ output: '{{ result.output }}' }],
  ])('takes %j', (more) => expect(check(more)).not.toThrow());

  it.each([
    [{ work: { type: 'w', input: '{{ part }}' } }, 'work.input'],
    [{ lead: { type: 'l', input: '{{ item }}' } }, 'lead.input'],
    [{ supervisor: { type: 's', input: '{{ teams }}' } }, 'supervisor.input'],
    [{ task: '{{ brief }}' }, 'task'],
  ])('refuses the template of %j, naming %s', (more, field) =>
    expect(check(more)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION', field })),
  );

  it.each([
    { teams: [] },
    { teams: [teams[0], teams[0]] },
    { teams: [{ ...teams[0], workers: { agents: ['a', 'a'] } }] },
    { teams: [{ ...teams[0], workers: { capability: 'code' } }] },
    { plan: 'rolling_update' },
    { plan: { kind: 'rolling_update', units: 'a, b' } },
    { layers: [{ name: 'x', upTo: 2 }] },
    { policies: { maxSubtasks: 0 } },
  ])('refuses the values of %j', (more) =>
    expect(WorkflowDefinition.safeParse({ ...definition(), ...more }).success).toBe(false),
  );
});
