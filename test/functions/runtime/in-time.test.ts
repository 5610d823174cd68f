import { expect, it } from 'vitest';
import { createAnswersHandler } from '#functions/http/answers.ts';
import { createTasksHandler } from '#functions/http/tasks.ts';
import { context, createWorld, httpEvent } from '../harness.ts';

/** Almost over: what is left beside the time to answer is a few milliseconds. */
const lateContext = { ...context, getRemainingTimeInMillis: () => 505 };

const never = (): Promise<never> => new Promise(() => undefined);

it.each([
  { name: 'a submit', event: httpEvent('POST /v1/tasks', { body: { type: 'x' } }), create: createTasksHandler },
  {
    name: 'an answer by link',
    event: httpEvent('GET /v1/answers/{token}', { params: { token: 'a'.repeat(64) } }),
    create: createAnswersHandler,
  },
])('answers $name whose store says nothing with UNAVAILABLE before Lambda ends the function', async (asked) => {
  const { ports, services } = createWorld();
  const stuck = { ...services, table: { ...ports.table, get: never, update: never, put: never, query: never } };
  const { statusCode, headers, body } = await asked.create(stuck)(asked.event, lateContext);
  expect(statusCode).toBe(503);
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '1' });
  expect(JSON.parse(body ?? '')).toMatchObject({ code: 'UNAVAILABLE', retryable: true, retryAfterMs: 1000 });
  expect(ports.log.lines).toMatchObject([{ message: 'request took too long' }]);
});
