import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeSurface } from './support/probe-surface.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let muster: Muster;

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => {
  await muster?.stop();
});

/** A tenant of a case's own, and its administrator's key. */
const newTenant = async (tenant: string, quotas: object = {}): Promise<string> =>
  String((await muster.call('POST /tenants', { tenant, quotas })).body.key.apiKey);

describe.concurrent('a key that is revoked', () => {
  it('is refused over HTTP and its socket is closed, within a minute', async () => {
    const key = await newTenant('revoking');
    const made = await muster.call('POST /keys', { name: 'gone', role: 'agent' }, { key });
    const { keyId, apiKey } = made.body;
    const socket = await muster.socket(apiKey);
    await socket.register({ name: 'gone' });
    const read = async (): Promise<number> => (await muster.call('GET /tasks', undefined, { key: apiKey })).status;
    expect(await read()).toBe(200);
    const revokedAt = Date.now();
    expect((await muster.call(`DELETE /keys/${keyId}`, undefined, { key })).status).toBe(204);
    await socket.closed;
    const closedMs = Date.now() - revokedAt;
    // The gateway keeps what its authoriser said for half a minute.
    await until('the key is refused', async () => (await read()) === 403, { timeoutMs: 60_000, everyMs: 250 });
    console.log(`revoked: socket closed after ${closedMs} ms, HTTP refused after ${Date.now() - revokedAt} ms`);
    expect(closedMs).toBeLessThan(60_000);
    await expect(muster.socket(apiKey)).rejects.toMatchObject({ status: 401 });
  }, 150_000);
});

describe.concurrent('a tenant that asks for too much', () => {
  it('is answered 429 with the time to wait, by 50 clients at once; another one is not held up', async () => {
    const quota = 60;
    const [greedy, quiet] = [await newTenant('greedy', { requestsPerMinute: quota }), await newTenant('quiet')];
    const ask = (key: string): Promise<Response> =>
      fetch(`${muster.http}/system/health`, { headers: { authorization: `Bearer ${key}` } });
    const minuteOf = (): number => Math.floor(Date.now() / 60_000);
    const before = minuteOf();
    const over = new AbortController();
    const others: number[] = [];
    const other = async (): Promise<void> => {
      while (!over.signal.aborted) others.push((await ask(quiet)).status);
    };
    const meanwhile = other();
    const clients = Array.from({ length: 50 }, async () => [await ask(greedy), await ask(greedy), await ask(greedy)]);
    const answers = (await Promise.all(clients)).flat();
    over.abort();
    await meanwhile;
    const taken = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    console.log(
      `quota ${quota}: ${taken.length} of ${answers.length} taken; ${others.length} of the other's all taken`,
    );
    expect(taken.length + refused.length).toBe(answers.length);
    // Within ±10 % of each minute's quota; the minute may have turned meanwhile.
    expect(taken.length).toBeLessThanOrEqual(1.1 * quota * (minuteOf() - before + 1));
    expect(taken.length).toBeGreaterThanOrEqual(0.9 * quota);
    for (const response of refused) {
      const wait = Number(response.headers.get('retry-after'));
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
    }
    expect(await refused[0]?.json()).toMatchObject({ code: 'RATE_LIMITED', retryable: true, limit: quota });
    expect(new Set(others)).toEqual(new Set([200]));
  });
});

describe.concurrent('every operation over HTTP', () => {
  it('answers its example, and what is refused, as the served description says', async () => {
    const { faults, operations, statuses } = await probeSurface(muster.http, await newTenant('surface'));
    console.log(`${operations} operations over HTTP: ${JSON.stringify(statuses)}`);
    expect(faults).toEqual([]);
    expect(operations).toBeGreaterThan(60);
    expect(statuses['401']).toBe(operations);
  }, 60_000);
});

describe.concurrent('a secret', () => {
  it('is read from its store by the function that may, and given to the agent whose task names it', async () => {
    const key = await newTenant('keeper');
    const place = 'muster/Muster/keeper';
    const secrets = new SecretsManagerClient(muster.aws);
    await secrets.send(new CreateSecretCommand({ Name: `${place}/github`, SecretString: 'from the manager' }));
    await new SSMClient(muster.aws).send(
      new PutParameterCommand({ Name: `/${place}/prod/db`, Value: 'from the parameters', Type: 'SecureString' }),
    );
    const agent = await muster.socket(key);
    await agent.register({ name: 'a' });
    const task = {
      type: 'x',
      secrets: [{ name: 'github' }, { name: 'db', from: 'ssm', id: 'prod/db' }, { name: 'none' }],
    };
    const { taskId } = (await muster.call('POST /tasks', task, { key })).body;
    await agent.next('task.assigned');
    const told = async (name: string) => {
      const id = agent.send('secret.get', { taskId, attempt: 1, name });
      return until(`an answer about ${name}`, () => agent.frames.find(({ correlationId }) => correlationId === id));
    };
    expect((await told('github')).payload).toEqual({ taskId, name: 'github', value: 'from the manager' });
    expect((await told('db')).payload['value']).toBe('from the parameters');
    for (const name of ['none', 'unnamed']) expect((await told(name)).payload['code']).toBe('NOT_FOUND');
    expect(JSON.stringify([await muster.items(), muster.lines])).not.toContain('from the manager');
    await agent.close();
  });
});
