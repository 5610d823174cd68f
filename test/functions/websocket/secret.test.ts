import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, frameText, openSocket, principal, type TestSocket, type World } from '../harness.ts';

let world: World;
let agent: TestSocket;
let taskId: string;

const value = 'hunter2-nobody-writes-this-down';

const submit = async (role: 'submitter' | 'agent', task: object, seq = 1) => {
  const client = await openSocket(world, principal(role), `client-${role}-${seq}`);
  return client.send(frameText('task.submit', { task: { type: 'x', ...task } }, { id: `sub-${role}-${seq}`, seq }));
};

beforeEach(async () => {
  world = createWorld();
  world.ports.vault.values.set('secretsmanager:acme/github', value);
  world.ports.vault.values.set('ssm:acme/prod/db', 'other');
  world.ports.vault.values.set('secretsmanager:acme/unnamed', 'unnamed');
  world.ports.vault.values.set('secretsmanager:rival/github', 'theirs');
  agent = await openSocket(world, principal('agent'));
  await agent.send(frameText('agent.register', { name: 'ada' }));
  const secrets = [{ name: 'github' }, { name: 'db', from: 'ssm', id: 'prod/db' }, { name: 'missing' }];
  const [submitted] = await submit('submitter', { secrets });
  taskId = String(submitted?.payload['taskId']);
});

let seq = 1;
const ask = async (name: string, by = agent, attempt = 1) => {
  seq += 1;
  const [answer] = await by.send(frameText('secret.get', { taskId, attempt, name }, { seq }));
  return answer;
};
const refusal = (code: string) => ({ type: 'error', payload: { code } });

describe('secret.get', () => {
  it('gives the holder what its task names, from either store, and tells it the names only', async () => {
    expect(await ask('github')).toMatchObject({ type: 'secret.value', payload: { taskId, name: 'github', value } });
    expect(await ask('db')).toMatchObject({ type: 'secret.value', payload: { value: 'other' } });
    const assigned = agent.received().find(({ type }) => type === 'task.assigned');
    expect(assigned?.payload).toMatchObject({ task: { secrets: ['github', 'db', 'missing'] } });
  });

  it('leaves the value in no item and no line of the log, and says who was given it', async () => {
    await ask('github');
    expect(JSON.stringify(world.ports.table.items())).not.toContain(value);
    expect(JSON.stringify(world.ports.log.lines)).not.toContain(value);
    expect(world.ports.log.lines).toContainEqual(
      expect.objectContaining({
        message: 'secret released',
        fields: expect.objectContaining({ tenant: 'acme', taskId, attempt: 1, name: 'github' }),
      }),
    );
  });

  it('answers one that the task does not name like one that is not kept', async () => {
    const named = (name: string, text: unknown): string => JSON.stringify(text).replaceAll(name, '…');
    const [unnamed, missing] = [await ask('unnamed'), await ask('missing')];
    expect(unnamed).toMatchObject(refusal('NOT_FOUND'));
    expect(named('unnamed', unnamed?.payload['message'])).toBe(named('missing', missing?.payload['message']));
  });

  it('gives nothing to another agent, for another attempt, after the end, or to another tenant', async () => {
    const other = await openSocket(world, principal('agent'), 'other');
    await other.send(frameText('agent.register', { name: 'bob' }));
    expect(await ask('github', other)).toMatchObject(refusal('STALE_ATTEMPT'));
    expect(await ask('github', agent, 2)).toMatchObject(refusal('STALE_ATTEMPT'));
    const rival = await openSocket(world, principal('agent', 'rival'), 'rival');
    await rival.send(frameText('agent.register', { name: 'eve' }));
    expect(await ask('github', rival)).toMatchObject(refusal('NOT_FOUND'));
    await agent.send(frameText('task.result', { taskId, attempt: 1, output: null }, { seq: 99 }));
    expect(await ask('github')).toMatchObject(refusal('STALE_ATTEMPT'));
  });

  it('is refused to who is no agent', async () => {
    const viewer = await openSocket(world, principal('viewer'), 'viewer');
    expect(await ask('github', viewer)).toMatchObject(refusal('FORBIDDEN'));
    const unregistered = await openSocket(world, principal('agent'), 'unregistered');
    expect(await ask('github', unregistered)).toMatchObject(refusal('NOT_REGISTERED'));
  });
});

describe('a task that names secrets', () => {
  it('is not an agent’s to submit: it would be given them', async () => {
    expect(await submit('agent', { secrets: [{ name: 'github' }] }, 2)).toMatchObject([refusal('FORBIDDEN')]);
    expect(await submit('agent', {}, 3)).toMatchObject([{ type: 'task.submitted' }]);
  });

  it.each([
    ['a way out of the tenant’s place', { name: 'a', id: '../rival/github' }],
    ['an absolute one', { name: 'a', id: '/rival/github' }],
    ['an arn', { name: 'a', id: 'arn:aws:secretsmanager:x' }],
    ['another store', { name: 'a', from: 'env' }],
    ['a value', { name: 'a', value: 'x' }],
  ])('cannot say %s', async (_what, secret) => {
    const [answer] = await submit('submitter', { secrets: [secret] }, 2);
    expect(answer?.type).toBe('error');
    expect(String(answer?.payload['field'])).toContain('secrets');
  });
});
