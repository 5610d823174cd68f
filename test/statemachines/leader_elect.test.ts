import { describe, expect, it } from 'vitest';
import { type Answer, type Decision, runMode } from './run-mode.ts';

const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 930, stages: [] };
const done: Answer = { outcome: 'SUCCEEDED' };
const lost: Answer = { failsWith: 'StepFailed' };
const elected = (position: number): Decision => ({ decision: 'elected', position });
const run = (answers: readonly Answer[], decides: readonly Decision[]) =>
  runMode('leader_elect', input, answers, decides);

describe('leader_elect', () => {
  it('elects and has the task led: three transitions and one', async () => {
    const { status, entered, messages, decisions } = await run([done], [elected(0)]);
    expect(status).toBe('SUCCEEDED');
    expect(entered).toEqual(['Elect', 'Elected?', 'Lead', 'Led']);
    expect(messages.map(({ body }) => body.stage)).toEqual([0]);
    expect(decisions).toEqual([{ tenant: 'acme', runId: input.runId, step: 'elect', position: 0 }]);
  });

  it('begins the next term when a leader is lost: three transitions each term and one', async () => {
    const { status, entered, messages } = await run([lost, lost, done], [elected(0), elected(1), elected(2)]);
    expect(status).toBe('SUCCEEDED');
    expect(entered).toHaveLength(3 * 3 + 1);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1, 2]);
  });

  it.each(['no_candidates', 'no_leader', 'failed', 'stopped'])('fails on "%s"', async (decision) => {
    expect(await run([], [{ decision }])).toMatchObject({
      status: 'FAILED',
      error: 'NoLeader',
      cause: `no leader: ${decision}`,
      messages: [],
    });
  });

  it('elects nobody once the run was stopped', async () => {
    const stopped = await run([{ failsWith: 'RunNotLive' }], [elected(0)]);
    expect(stopped).toMatchObject({ status: 'FAILED', error: 'RunNotLive' });
    expect(stopped.decisions).toHaveLength(1);
  });

  it('asks for the election again when it could not be held for the moment', async () => {
    expect(await run([done], [{ throws: 'ConflictError' }, elected(0)])).toMatchObject({ status: 'SUCCEEDED' });
  });
});
