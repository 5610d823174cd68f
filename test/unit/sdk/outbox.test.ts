import { beforeEach, describe, expect, it } from 'vitest';
import { PlatformEnvelope } from '#core/contract/envelope.ts';
import type { OutgoingFrame } from '#sdk/frames.ts';
import { Outbox } from '#sdk/outbox.ts';
import { ManualTimers } from './manual-timers.ts';

let timers: ManualTimers;
let sent: OutgoingFrame[];
let outbox: Outbox;

beforeEach(() => {
  timers = new ManualTimers();
  sent = [];
  outbox = new Outbox({
    timers,
    random: () => 0.5,
    resendMs: 10_000,
    encoding: 'json',
    send: (frame) => sent.push(frame) > 0,
  });
});

const frame = (issue = 'x'): OutgoingFrame<'escalation.raise'> => ({
  id: 'once',
  type: 'escalation.raise',
  payload: { severity: 'low', issue },
});
const submitted = { answer: 'task.submitted' };
const answer = (type: string, payload: object = {}) =>
  outbox.settle(PlatformEnvelope.parse({ v: 1, type, id: 'p', seq: 1, ts: 0, correlationId: 'once', payload }));

describe('a frame that is asked for twice under one id', () => {
  it('is sent once, and answered to both', async () => {
    const both = [outbox.request(frame(), submitted), outbox.request(frame(), submitted)];
    expect(sent).toHaveLength(1);
    expect(answer('task.submitted')).toBe('settled');
    expect((await Promise.all(both)).map(({ type }) => type)).toEqual(['task.submitted', 'task.submitted']);
    expect(outbox.isEmpty).toBe(true);
    expect(timers.delays).toEqual([]);
  });

  it('is refused to both', async () => {
    const both = [outbox.request(frame(), submitted), outbox.request(frame(), submitted)];
    answer('error', { id: 'once', code: 'FORBIDDEN', message: 'no', retryable: false });
    for (const one of both) await expect(one).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('goes on for the one when the other gives up, and ends with the last', async () => {
    const first = new AbortController();
    const second = new AbortController();
    const both = [
      outbox.request(frame(), { ...submitted, signal: first.signal }),
      outbox.request(frame(), { ...submitted, signal: second.signal }),
    ];
    first.abort(new Error('enough'));
    await expect(both[0]).rejects.toThrow('enough');
    timers.advance(10_000);
    expect(sent).toHaveLength(2);
    second.abort(new Error('enough'));
    await expect(both[1]).rejects.toThrow('enough');
    expect(outbox.isEmpty).toBe(true);
    expect(timers.delays).toEqual([]);
  });

  it('is refused when it says something else, and leaves the first alone', async () => {
    const first = outbox.request(frame(), submitted);
    await expect(outbox.request(frame('y'), submitted)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    answer('task.submitted');
    expect((await first).type).toBe('task.submitted');
  });

  it('is answered at once to who asks for an answer, though the other did without', async () => {
    const end = outbox.request(frame(), { ...submitted, outcome: 'task.completed' });
    expect(sent.map(({ ack }) => ack)).toEqual([false]);
    const now = outbox.request(frame(), submitted);
    expect(sent.map(({ ack }) => ack)).toEqual([false, undefined]);
    answer('task.submitted');
    expect((await Promise.all([end, now])).map(({ type }) => type)).toEqual(['task.submitted', 'task.submitted']);
  });
});
