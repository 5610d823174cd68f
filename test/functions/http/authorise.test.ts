import { beforeEach, describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import { hashSecret } from '#core/identity/api-key.ts';
import { createAuthoriseHandler } from '#functions/http/authorise.ts';
import { context, createWorld, type World } from '../harness.ts';

const secret = 'S'.repeat(24);
let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.ports.table.put({
    key: keys.apiKey('acme', 'k1'),
    item: { secretHash: hashSecret(secret), role: 'viewer' },
    clauses: {},
  });
});

const ask = (authorization?: string) =>
  createAuthoriseHandler(world.services)(
    {
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:eu-west-1:123456789012:api/$default/GET/v1/tasks',
      identitySource: [authorization],
      routeKey: 'GET /v1/tasks',
      headers: authorization === undefined ? {} : { authorization },
    },
    context,
  );

describe('authorise', () => {
  it('says who a live key speaks for, in flat texts', async () => {
    expect(await ask(`Bearer mst_acme_k1_${secret}`)).toEqual({
      isAuthorized: true,
      context: { tenant: 'acme', principalId: 'key:k1', role: 'viewer' },
    });
  });

  it.each([
    undefined,
    'Bearer',
    `Bearer mst_acme_k1_${'T'.repeat(24)}`,
    `Bearer mst_rival_k1_${secret}`,
    `Bearer mst_acme_bootstrap_${secret}`,
  ])('refuses %s', async (header) => {
    expect(await ask(header)).toEqual({ isAuthorized: false, context: {} });
  });

  it('fails, and does not say yes, when it cannot tell', async () => {
    const services = {
      ...world.services,
      table: { ...world.ports.table, get: () => Promise.reject(new Error('broken')) },
    };
    const event = { headers: { authorization: `Bearer mst_acme_k1_${secret}` } };
    await expect(createAuthoriseHandler(services)(event, context)).rejects.toThrow('broken');
  });
});
