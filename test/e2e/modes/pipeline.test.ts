import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, stepsOf } from '../support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  await fleet.begin('line', 2, { slots: 10 });
});
afterAll(() => fleet?.stop());

const requirements = { capabilities: ['line'] };
const stage = (id: string, type: string, more: Record<string, unknown> = {}) => ({ id, type, requirements, ...more });
const pipeline = (...stages: readonly unknown[]) => ({ mode: 'pipeline', stages });

describe.concurrent('a pipeline on agents in processes of their own', () => {
  it('checks, transforms and hands on, with figures for each stage', async () => {
    const definition = pipeline(
      stage('extract', 'echo', {
        inputSchema: { type: 'object', required: ['words'] },
        transform: '{ "count": $count(words), "longest": $max($map(words, $length)) }',
      }),
      stage('work', 'sleep', { input: { ms: 200, value: '{{ value }}' }, transform: 'value' }),
      stage('sum', 'echo', { input: { got: '{{ value.count }}', of: '{{ input.topic }}' } }),
    );
    const run = await fleet.outcome(definition, { topic: 'cats', words: ['a', 'three'] });
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { output: { got: 2, of: 'cats' } } });
    expect(run.output.stages).toMatchObject([
      { stage: 'extract', status: 'SUCCEEDED' },
      { stage: 'work', status: 'SUCCEEDED', metrics: [{ agent: expect.stringMatching(/^line-/), attempts: 1 }] },
      { stage: 'sum', status: 'SUCCEEDED' },
    ]);
    expect(run.output.stages[1].metrics[0].workMs).toBeGreaterThanOrEqual(190);
  });

  it('fails with the name of the stage, its agent and the reason', async () => {
    const run = await fleet.outcome(pipeline(stage('one', 'echo'), stage('bad', 'fail'), stage('two', 'echo')));
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'STAGE_FAILED' } });
    expect(run.error.message).toMatch(/^stage bad failed on line-\d: CANNOT: It cannot be done\.$/);
    expect(stepsOf(run)).toEqual({ one: 'SUCCEEDED', bad: 'FAILED', two: 'SKIPPED' });
  });

  it('falls back to a task, and to a value', async () => {
    const definition = pipeline(
      stage('one', 'fail', { fallback: { task: { type: 'echo', requirements, input: { from: 'fallback' } } } }),
      stage('two', 'echo', { outputSchema: { required: ['never'] }, fallback: { value: 'nothing' } }),
      stage('three', 'echo'),
    );
    const run = await fleet.outcome(definition);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { output: 'nothing' } });
    expect(run.output.stages.map(({ status }: { status: string }) => status)).toEqual([
      'FELL_BACK',
      'FELL_BACK',
      'SUCCEEDED',
    ]);
    expect(stepsOf(run)).toMatchObject({ one: 'FAILED', one_fallback: 'SUCCEEDED', two: 'SUCCEEDED' });
  });

  it('stops an expression that never ends, and says so', async () => {
    const definition = pipeline(stage('one', 'echo', { transform: '$match(text, /^(a+)+$/)' }));
    const run = await fleet.outcome(definition, { text: `${'a'.repeat(40)}!` });
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringMatching(/^stage one .*too long/) } });
  });

  it('ends a stage at its deadline', async () => {
    const definition = pipeline(stage('slow', 'hang', { timeoutSeconds: 2 }), stage('next', 'echo'));
    const run = await fleet.outcome(definition);
    expect(run).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringMatching(/^stage slow .*DEADLINE/) },
    });
  });

  it('is cancelled with what works, and what comes after never begins', async () => {
    const runId = await fleet.run(pipeline(stage('slow', 'hang'), stage('next', 'echo')));
    const run = await fleet.cancelled(runId, 'it works', (seen) => stepsOf(seen)['slow'] === 'RUNNING');
    expect(run.status).toBe('CANCELLED');
    expect(stepsOf(run)).toEqual({ slow: 'CANCELLED', next: 'SKIPPED' });
  });

  it.each([
    ['a transformation that is none', { transform: '{{' }, 'stages.one.transform'],
    ['a schema that leads elsewhere', { inputSchema: { $ref: 'https://example.com/x' } }, 'stages.one.inputSchema'],
  ])('is refused for %s', async (_what, more, field) => {
    const { status, body } = await fleet.define(pipeline(stage('one', 'echo', more)));
    expect({ status, code: body.code, field: body.field }).toEqual({ status: 400, code: 'INVALID_DEFINITION', field });
  });
});
