import { describe, expect, it } from 'vitest';
import { type Agent, type Messaging, MockAgent } from '#sdk/index.ts';

/** What is tested: something that uses the messages of an agent. */
const createReviewer = async (messages: Messaging): Promise<readonly string[]> => {
  const heard: string[] = [];
  messages.onMessage(async ({ content }) => ({ verdict: await messages.request('linter', content) }));
  await messages.join('reviewers');
  await messages.subscribe('reviews.#', ({ topic }) => void heard.push(topic ?? ''), { where: { grade: ['a'] } });
  await messages.publish('reviewers.here', { since: 1 });
  return heard;
};

/** It takes a real agent's as well. */
export const onPlatform = (agent: Agent) => createReviewer(agent.messages);

describe('MockMessages', () => {
  it('remembers what is sent and answers what is asked', async () => {
    const { messages } = new MockAgent({ output: null, replies: { linter: (content: unknown) => [content, 'clean'] } });
    await createReviewer(messages);
    expect(messages.groups).toEqual(new Set(['reviewers']));
    expect(await messages.receive({ content: 'a.ts', mode: 'request' })).toEqual({ verdict: ['a.ts', 'clean'] });
    expect(messages.sent).toMatchObject([
      { mode: 'publish', topic: 'reviewers.here', content: { since: 1 } },
      { mode: 'request', to: 'linter', content: 'a.ts' },
    ]);
    expect(await messages.send('bob', 1, { id: 'm' })).toEqual({ id: 'm', recipients: 1 });
  });

  it('hands what is published to whoever subscribes and wants it', async () => {
    const { messages } = new MockAgent({ output: null });
    const heard = await createReviewer(messages);
    await messages.receive({ topic: 'reviews.security.done', content: { grade: 'a' } });
    expect(heard).toEqual(['reviews.security.done']);
    await messages.unsubscribe('reviews.#');
    messages.onMessage(() => 'mine');
    expect(await messages.receive({ topic: 'reviews.x', content: { grade: 'a' } })).toBe('mine');
    expect(heard).toHaveLength(1);
  });

  it('hands it to every subscription that fits, also when one of them throws, and then throws that', async () => {
    const { messages } = new MockAgent({ output: null });
    const heard: string[] = [];
    await messages.subscribe('r.*.done', () => Promise.reject(new Error('no')), { where: { grade: ['a'] } });
    await messages.subscribe('r.#', ({ topic }) => void heard.push(topic ?? ''));
    expect(await messages.receive({ topic: 'r.x.done', content: { grade: 'z' } })).toBe(null);
    await expect(messages.receive({ topic: 'r.y.done', content: { grade: 'a' } })).rejects.toThrow('no');
    expect(heard).toEqual(['r.x.done', 'r.y.done']);
  });

  it('refuses what a platform refuses, and says at once what would wait for ever', async () => {
    const { messages } = new MockAgent({ output: null });
    await expect(messages.send('bob', undefined)).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'content' });
    await expect(messages.request('bob', 1)).rejects.toMatchObject({ code: 'REPLY_TIMEOUT' });
    await expect(messages.request('bob', 1, { timeoutMs: -5 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(messages.receive({ content: 1 })).rejects.toMatchObject({ code: 'NO_HANDLER' });
    expect(messages.sent).toMatchObject([{ mode: 'request', to: 'bob' }]);
  });
});
