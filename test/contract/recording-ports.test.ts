import { describe, expect, it } from 'vitest';
import { TimerMessage } from '#core/contract/messages.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { createTestPorts } from '../support/create-test-ports.ts';
import { intercept, type PortCall, type PortHooks } from '../support/intercept.ts';
import { createRecordingQueues, createSeededRandomness } from '../support/recording-ports.ts';

const timer = TimerMessage.parse({
  kind: 'due',
  tenant: 'acme',
  taskId: 'tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90',
  rev: 1,
});

describe('createTestPorts', () => {
  it('stands on a clock that moves when told', () => {
    const { clock } = createTestPorts();
    const start = clock.now();
    clock.advance(1500);
    expect(clock.now()).toBe(start + 1500);
  });

  it('takes what it is given', () => {
    const queues = createRecordingQueues();
    expect(createTestPorts({ queues }).queues).toBe(queues);
  });

  it('records frames and knows gone connections', async () => {
    const { sockets } = createTestPorts();
    expect(await sockets.post('c1', '{"a":1}')).toBe('delivered');
    await sockets.close('c1');
    expect(await sockets.post('c1', '{"a":2}')).toBe('gone');
    expect(sockets.framesTo('c1')).toEqual([{ a: 1 }]);
    expect(sockets.closed).toEqual(['c1']);
  });

  it('refuses a timer that a queue could not hold', async () => {
    const { queues } = createTestPorts();
    await queues.sendTimer(timer, 900);
    await expect(queues.sendTimer(timer, 901)).rejects.toThrow(RangeError);
    expect(queues.timers).toEqual([{ message: timer, delaySeconds: 900 }]);
  });

  it('starts an execution once and answers a token once', async () => {
    const { executions } = createTestPorts();
    const request = { mode: 'parallel', runId: 'run_1', input: { a: 1 } };
    const arn = await executions.start(request);
    expect(await executions.start({ ...request, input: {} })).toBe(arn);
    expect(executions.started.get(arn)).toMatchObject({ input: { a: 1 }, status: 'RUNNING' });
    await executions.stop(arn, 'cancelled');
    expect(await executions.status(arn)).toBe('ABORTED');
    expect(await executions.status('unknown')).toBe('UNKNOWN');
    expect(await executions.succeed('token', 1)).toBe('delivered');
    expect(await executions.fail('token', 'error', 'cause')).toBe('gone');
    expect(executions.answers.get('token')).toEqual({ output: 1 });
  });

  it('keeps payloads and misses unknown ones', async () => {
    const { payloads } = createTestPorts();
    await payloads.put('acme/x', 'text');
    expect(await payloads.get('acme/x')).toBe('text');
    await expect(payloads.get('acme/y')).rejects.toThrow(NotFoundError);
  });
});

describe('createSeededRandomness', () => {
  const draw = (seed: number): readonly number[] => {
    const randomness = createSeededRandomness(seed);
    return [...Array.from({ length: 100 }, () => randomness.fraction()), ...randomness.bytes()];
  };

  it('repeats itself for a seed and differs for another', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('stays below one', () => {
    expect(
      draw(3)
        .slice(0, 100)
        .every((fraction) => fraction >= 0 && fraction < 1),
    ).toBe(true);
  });
});

describe('intercept', () => {
  it('surrounds asynchronous calls, nested too, and leaves the rest alone', async () => {
    const calls: string[] = [];
    const note = (prefix: string) => (call: PortCall) => void calls.push(`${prefix} ${call.port}.${call.method}`);
    const { queues, randomness } = createTestPorts();
    const inner = intercept('queues', queues, { before: note('inner'), after: note('done') });
    const outer = intercept('queues', inner, { before: note('outer') });
    await outer.sendTimer(timer, 1);
    expect(calls).toEqual(['outer queues.sendTimer', 'inner queues.sendTimer', 'done queues.sendTimer']);
    expect(outer.timers).toHaveLength(1);
    expect(intercept('randomness', randomness, { before: note('never') }).bytes()).toHaveLength(16);
    expect(calls).toHaveLength(3);
  });

  it('loses the request before and the answer after', async () => {
    const hooks: PortHooks = {};
    const { queues } = createTestPorts();
    const crashing = intercept('queues', queues, hooks);
    const crash = (): never => {
      throw new Error('crashed');
    };
    hooks.before = crash;
    await expect(crashing.sendTimer(timer, 1)).rejects.toThrow('crashed');
    expect(queues.timers).toHaveLength(0);
    delete hooks.before;
    hooks.after = crash;
    await expect(crashing.sendTimer(timer, 1)).rejects.toThrow('crashed');
    expect(queues.timers).toHaveLength(1);
  });
});
