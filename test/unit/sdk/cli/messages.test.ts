import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentId } from '../fake-platform.ts';
import { CliFixture, problem } from './cli-fixture.ts';

let cli: CliFixture;

beforeEach(async () => {
  cli = await CliFixture.start();
});
afterEach(() => cli.stop());

const sent = (): unknown => JSON.parse(String(cli.calls('POST /v1/messages')[0]?.body));

describe('muster message send', () => {
  it.each([
    [['reviewer-1'], { mode: 'direct', to: 'reviewer-1' }],
    [['--group', 'security'], { mode: 'multicast', group: 'security' }],
    [['--topic', 'a.b'], { mode: 'publish', topic: 'a.b' }],
    [['--capability', 'deploy'], { mode: 'broadcast', filter: { capability: 'deploy' } }],
    [['--all'], { mode: 'broadcast' }],
  ])('addresses %j', async (words, address) => {
    cli.answer({ 'POST /v1/messages': { results: [{ id: 'm', recipients: 1 }] } });
    const said = await cli.run(['message', 'send', ...words, '--text', 'hello', '--ttl', '60']);
    expect(said).toMatchObject({ code: 0, stdout: 'In 1 mailbox.\n' });
    expect(sent()).toMatchObject({ messages: [{ ...address, content: 'hello', ttlSeconds: 60 }] });
  });

  it('says what became of it', async () => {
    cli.answer({ 'POST /v1/messages': { results: [{ id: 'm', recipients: 2, full: [agentId] }] } });
    const said = await cli.run(['message', 'send', '--all', '--content', '{"a":1}']);
    expect(said.stdout).toBe(`In 2 mailboxes; the mailboxes of ${agentId} are full.\n`);
    expect(sent()).toMatchObject({ messages: [{ content: { a: 1 } }] });
    cli.answer({ 'POST /v1/messages': { results: [{ id: 'm', isSpread: true }] } });
    expect((await cli.run(['message', 'send', '--all', '--text', 'x'])).stdout).toContain('large audience');
  });

  it.each([
    [['--text', 'x'], 'for nobody'],
    [['a', '--all', '--text', 'x'], 'more than one address'],
    [['a'], 'says one thing'],
    [['a', '--text', 'x', '--content', '1'], 'says one thing'],
  ])('asks nothing when it is told %j', async (words, reason) => {
    const { code, stderr } = await cli.run(['message', 'send', ...words]);
    expect([code, stderr.includes(reason)]).toEqual([2, true]);
    expect(cli.calls('POST /v1/messages')).toEqual([]);
  });

  it('says why it was refused', async () => {
    cli.answer({ 'POST /v1/messages': () => problem(404, 'NOT_FOUND', 'There is no agent nobody.') });
    const { code, stderr } = await cli.run(['message', 'send', 'nobody', '--text', 'x']);
    expect([code === 0, stderr.includes('There is no agent nobody.')]).toEqual([false, true]);
  });
});

describe('muster message waiting', () => {
  it('lists an agent’s mailbox', async () => {
    const mail = {
      ref: 'r',
      agentId,
      status: 'expired',
      from: 'key:ci',
      messages: ['a', 'b'],
      sentAt: 1,
      expiresAt: 2,
    };
    cli.answer({
      [`GET /v1/agents/${agentId}`]: {
        agentId,
        name: 'reviewer-1',
        type: 'reviewer',
        status: 'active',
        state: 'idle',
        connected: false,
        capabilities: [],
        labels: {},
        maxConcurrency: 1,
        freeSlots: 1,
        tasks: [],
        priority: 50,
        performance: {},
        createdAt: 1,
        updatedAt: 1,
        version: '1',
      },
      [`GET /v1/agents/${agentId}/mail`]: { items: [mail] },
    });
    const { stdout } = await cli.run(['message', 'waiting', agentId]);
    expect(stdout).toContain('a, b');
    expect(stdout).toContain('key:ci');
  });
});
