import { describe, expect, it } from 'vitest';
import type { Clock } from '#local/contract.ts';
import { type Backend, jsonAnswer } from '#local/front-door/backend.ts';
import { type ServiceChaos, withChaos } from '#local/front-door/chaos.ts';

/** A service that counts what reaches it, behind a clock that the test moves. */
function prepare(service: string, chaos: ServiceChaos) {
  const reached: string[] = [];
  const due: { delayMs: number; action: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    after(delayMs, action) {
      due.push({ delayMs, action });
      return () => undefined;
    },
  };
  const backend: Backend = {
    answer: async (action) => {
      reached.push(action);
      return jsonAnswer({});
    },
  };
  const chaotic = withChaos(service, backend, chaos, clock);
  return { reached, due, ask: (action: string) => chaotic.answer(action, Buffer.alloc(0), {}) };
}

describe('withChaos', () => {
  it.each([
    ['dynamodb', 'ProvisionedThroughputExceededException'],
    ['lambda', 'TooManyRequestsException'],
    ['sqs', 'RequestThrottled'],
    ['events', 'ThrottlingException'],
    ['states', 'ThrottlingException'],
  ])('throttles %s as the service does, before anything happens', async (service, code) => {
    const asked: string[] = [];
    const throttles = (...names: string[]): boolean => asked.push(names.join(':')) > 0;
    const { ask, reached } = prepare(service, { throttles });
    await expect(ask('Do')).rejects.toMatchObject({ code, message: 'Rate exceeded' });
    expect(asked).toEqual([`${service}:Do`]);
    expect(reached).toEqual([]);
  });

  it('holds a request back for the time it is told', async () => {
    const { ask, reached, due } = prepare('sqs', { delayMs: () => 120 });
    const answer = ask('SendMessage');
    expect(reached).toEqual([]);
    expect(due.map(({ delayMs }) => delayMs)).toEqual([120]);
    for (const { action } of due) action();
    expect((await answer).statusCode).toBe(200);
    expect(reached).toEqual(['SendMessage']);
  });

  it('lets everything through when it injects nothing', async () => {
    const { ask, reached, due } = prepare('sqs', {});
    await ask('SendMessage');
    expect(reached).toEqual(['SendMessage']);
    expect(due).toEqual([]);
  });
});
