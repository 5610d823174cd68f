import { afterEach, describe, expect, it } from 'vitest';
import { refusal, startWorld, stopGateways } from './harness.ts';

afterEach(stopGateways);

describe('a gateway without an API', () => {
  it('tells whoever comes too early to come again, not that there is nothing', async () => {
    const world = await startWorld({});
    expect((await fetch(`${world.gateway.url}/v1/tasks`)).status).toBe(503);
    expect(await refusal(world)).toEqual({ status: 503, body: { message: 'Service Unavailable' } });
  });
});
