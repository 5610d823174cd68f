import { describe, expect, it } from 'vitest';
import { isJsonText } from '#core/contract/binary/binary-frame.ts';
import { Client } from '#sdk/index.ts';
import { useAgents } from './agent-fixture.ts';
import { taskIds } from './fake-platform.ts';

const codeOf = (text: string | undefined): number | undefined => Buffer.from(text ?? '', 'base64')[1];

describe('an agent in the binary encoding', () => {
  const fixture = useAgents();

  it('registers, works and answers in binary frames', async () => {
    const agent = fixture.createAgent({ encoding: 'binary', capabilities: ['echo'] });
    agent.handle('echo', async ({ input }) => ({ echoed: input }));
    const [connection] = await Promise.all([fixture.platform.connection(), agent.start()]);
    connection.assign({ input: 'x'.repeat(4000) });
    const result = await connection.next('task.result');
    expect(result.payload).toMatchObject({ taskId: taskIds[0], output: { echoed: 'x'.repeat(4000) } });
    connection.ack(result);
    expect(connection.texts.some(isJsonText)).toBe(false);
    expect(connection.texts.map(codeOf)).toEqual([0x07, 0x02, 0x03]);
    expect(fixture.platform.violations).toEqual([]);
  });

  it('writes the result of a vote as a vote', async () => {
    const agent = fixture.createAgent({ encoding: 'binary' }).handle('decide', async () => ({ choice: 'yes' }));
    const [connection] = await Promise.all([fixture.platform.connection(), agent.start()]);
    connection.assign({ kind: 'vote', type: 'decide' });
    connection.ack(await connection.next('task.result'));
    expect(connection.texts.map(codeOf)).toEqual([0x07, 0x02, 0x31]);
  });

  it('uploads what base64 would make too large for a frame', async () => {
    const agent = fixture.createAgent({ encoding: 'binary' });
    agent.handle('echo', async () => 'y'.repeat(23 * 1024));
    const [connection] = await Promise.all([fixture.platform.connection(), agent.start()]);
    fixture.platform.silentOn.add('payload.prepare');
    connection.assign();
    expect((await connection.next('payload.prepare')).payload).toMatchObject({ bytes: 23 * 1024 + 2 });
  });

  it('has a client beside it that speaks it too', async () => {
    const { url, socketUrl } = fixture.platform;
    const client = new Client({ url, socketUrl, apiKey: 'mst_acme_k_s', encoding: 'binary' });
    const submitted = client.submitAndWait({ type: 'echo', input: 1 });
    const connection = await fixture.platform.connection();
    const { id } = await connection.next('task.submit');
    connection.send('task.completed', { taskId: taskIds[0], status: 'SUCCEEDED', output: 2 }, id);
    expect(await submitted).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    expect(codeOf(connection.texts[0])).toBe(0x10);
    client.close();
  });
});
