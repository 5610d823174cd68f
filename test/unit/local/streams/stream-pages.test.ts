import { describe, expect, it } from 'vitest';
import { createStreamPages, type ShardPage } from '../../../../local/streams/stream-pages.ts';
import { streamNameOf, toStreamRecord } from '../../../../local/streams/stream-record.ts';
import { prepareStream, streamArn } from './support.ts';

const record = toStreamRecord(
  {
    eventName: 'INSERT',
    dynamodb: { ApproximateCreationDateTime: 1, Keys: {}, SequenceNumber: '1', StreamViewType: 'KEYS_ONLY' },
  },
  streamNameOf(streamArn),
);
const page: ShardPage = { records: [record], next: 'behind' };

const counting = (answer: () => Promise<ShardPage>) => {
  const load = async (): Promise<ShardPage> => {
    load.count += 1;
    return answer();
  };
  load.count = 0;
  return load;
};

describe('createStreamPages', () => {
  it('reads a place once for all that come to it, at once or later', async () => {
    const pages = createStreamPages();
    const load = counting(async () => page);
    await Promise.all([pages.read('a', load), pages.read('a', load)]);
    expect(await pages.read('a', load)).toBe(page);
    expect(load.count).toBe(1);
  });

  it('asks again behind which nothing stood, and after a failure', async () => {
    const pages = createStreamPages();
    const empty = counting(async () => ({ records: [], next: 'same' }));
    await pages.read('a', empty);
    await pages.read('a', empty);
    expect(empty.count).toBe(2);
    await expect(pages.read('b', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await pages.read('b', async () => page)).toBe(page);
  });

  it('forgets the oldest of nine places', async () => {
    const pages = createStreamPages();
    const load = counting(async () => page);
    for (const place of 'abcdefghi') await pages.read(place, load);
    await pages.read('b', load);
    expect(load.count).toBe(9);
    await pages.read('a', load);
    expect(load.count).toBe(10);
  });
});

describe('two sources of one stream', () => {
  it('each get every record, in order, and read as their own role before they share', async () => {
    const fixture = await prepareStream();
    const received = { one: [] as string[], two: [] as string[] };
    const collect = (name: keyof typeof received) => async (event: { Records: { dynamodb: object }[] }) => {
      received[name].push(...event.Records.map(({ dynamodb }) => JSON.stringify(dynamodb)));
    };
    fixture.start(collect('one'), { functionArn: 'one', roleArn: 'role-one' });
    fixture.start(collect('two'), { functionArn: 'two', roleArn: 'role-two' });
    for (let count = 0; count < 200; count += 1) await fixture.put(`item-${count}`);
    await expect.poll(() => [received.one.length, received.two.length], { timeout: 10_000 }).toEqual([200, 200]);
    expect(received.one).toEqual(received.two);
    // Each has read as its own role before it took what the other one had read.
    expect(new Set(fixture.reads)).toEqual(new Set(['role-one', 'role-two']));
  });
});
