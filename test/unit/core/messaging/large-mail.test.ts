import { beforeEach, describe, expect, it } from 'vitest';
import { encodeBinary } from '#core/contract/binary/binary-frame.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { readWaiting } from '#core/messaging/mailbox.ts';
import { withReadUrls } from '#core/messaging/push-mail.ts';
import { openPayload } from '#core/payloads/fit-payload.ts';
import type { Services } from '#core/services.ts';
import { type TestAgent, tenant } from '../world.ts';
import { createMessagingWorld, idsOf } from './messaging-world.ts';

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const messageBytes = 128 * 1024;

let world: ReturnType<typeof createMessagingWorld>;
let bob: TestAgent;

beforeEach(async () => {
  world = createMessagingWorld();
  bob = await world.agent('bob');
});

/** Text of this length that is hard to compress; the same for the same seed. */
const noise = (length: number, seed: number): string => {
  let state = seed;
  const next = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCodePoint(35 + ((state >>> 16) % 56));
  };
  return Array.from({ length }, next).join('');
};

/** What stands on the wire, in the encoding that takes more. */
const widest = (type: string, payload: unknown): number => {
  const envelope = { v: 1, type, id: 'f', seq: 0, ts: 0, payload };
  return Math.max(Buffer.byteLength(JSON.stringify(envelope)), encodeBinary(envelope).length);
};

describe('mail of large messages', () => {
  it.each([7, 10])('is pushed whole: %i messages that each fit a message, and together no frame', async (count) => {
    const contents = Array.from({ length: count }, (_, index) => noise(22 * 1024, index));
    const messages = contents.map((content, index) => ({
      id: `m${index}`,
      to: 'bob',
      content,
      evidence: [noise(1500, 99)],
    }));
    const results = await world.send(messages);
    expect(results.every(({ recipients }) => recipients === 1)).toBe(true);
    const [frame] = world.frames(bob.connectionId, 'message');
    expect(widest('message', frame?.payload)).toBeLessThan(messageBytes);
    const pushed = world.pushed(bob);
    expect(idsOf(pushed)).toEqual(messages.map(({ id }) => id));
    const read = await Promise.all(pushed.map(({ content }) => openPayload(world.services, tenant, content)));
    expect(read).toEqual(contents);
  });

  it('keeps in the message what fits with the others', async () => {
    const messages = [20_000, 10, 10, 10].map((length, index) => ({
      id: `m${index}`,
      to: 'bob',
      content: noise(length, 1),
    }));
    await world.send(messages);
    expect(world.pushed(bob).map(({ content }) => content)).toEqual(messages.map(({ content }) => content));
    expect(world.ports.payloads.stored.size).toBe(0);
  });

  it('is pulled in pages that have room for the addresses at which it is read', async () => {
    const address = 'https://payloads.test/'.padEnd(2000, 'x');
    const services: Services = {
      ...world.services,
      payloads: { ...world.services.payloads, readUrl: async () => address },
    };
    world.drop(bob);
    for (let index = 0; index < 100; index++)
      await world.send([{ id: `m${index}`, to: 'bob', content: noise(25 * 1024, index) }]);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await readWaiting(services, { tenant, agentId: bob.agentId, after });
      const mail = await Promise.all(page.mail.map((one) => withReadUrls(services, tenant, one)));
      expect(mail.flatMap(({ messages }) => messages).every(({ content }) => isClaimCheck(content))).toBe(true);
      expect(widest('message.pulled', { mail })).toBeLessThan(messageBytes);
      ids.push(...mail.flatMap(({ messages }) => idsOf(messages)));
      after = page.after;
    } while (after !== undefined);
    expect(ids).toHaveLength(100);
    expect(new Set(ids).size).toBe(100);
  });
});
