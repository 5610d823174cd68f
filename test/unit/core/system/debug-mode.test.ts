import { describe, expect, it } from 'vitest';
import { UnavailableError } from '#core/errors/errors.ts';
import { setDebugMode, traceRequest } from '#core/system/debug-mode.ts';
import { intercept } from '#test/support/intercept.ts';
import { createWorld, tenant } from '../world.ts';

const trace = { route: 'message.send', status: 'ok', startedAt: 0, principal: 'key:owner' };

describe('the trace of a request', () => {
  it.each([
    ['of a bug is told, and loses no answer', new TypeError('broken'), ['request not traced']],
    ['of a store out of reach is none', new UnavailableError('the table'), []],
  ])('that fails because %s', async (_what, error, told) => {
    const world = createWorld();
    await setDebugMode(world.services, tenant, { enabled: true, minutes: 5 });
    const before = (): never => {
      throw error;
    };
    const table = intercept('table', world.ports.table, { before });
    await traceRequest({ ...world.services, table }, tenant, trace);
    expect(world.ports.log.lines.map(({ message }) => message)).toEqual(told);
    await traceRequest(world.services, tenant, trace);
    expect(world.ports.log.lines.at(-1)).toMatchObject({ message: 'debug', fields: { route: 'message.send' } });
  });
});
