import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PayloadTooLargeError } from '#sdk/index.ts';
import { useAgents } from './agent-fixture.ts';
import { taskIds } from './fake-platform.ts';

const large = 'x'.repeat(200_000);
const [, secondTask] = taskIds;
const fixture = useAgents();

describe('Agent payloads', () => {
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

  it('asks for a secret of its task, and is refused one that the task does not name', async () => {
    const codes: unknown[] = [];
    await fixture
      .createAgent()
      .handle('echo', async (_task, context) => {
        codes.push(await context.secret('github'));
        codes.push(await context.secret('other').catch((error: unknown) => error));
        return 'done';
      })
      .start();
    fixture.platform.silentOn.add('secret.get');
    const connection = await fixture.platform.connection();
    connection.assign({ secrets: ['github'] });
    const first = await connection.next('secret.get');
    expect(first.payload).toMatchObject({ attempt: 1, name: 'github' });
    connection.send('secret.value', { taskId: taskIds[0], name: 'github', value: 'value of github' }, first.id);
    connection.refuse(await connection.next('secret.get'), 'NOT_FOUND');
    await connection.next('task.result');
    expect(codes).toMatchObject(['value of github', { code: 'NOT_FOUND' }]);
  });

  it('opens a large input and stows a large output', async () => {
    const text = JSON.stringify(large);
    let stored: Buffer | undefined;
    let header: unknown;
    fixture.platform.http = (call) => {
      if (call.method === 'GET') return { text };
      stored = call.body;
      header = call.headers['x-sum'];
      return {};
    };
    await fixture
      .createAgent()
      .handle('echo', (task) => ({ back: task.input }))
      .start();
    const connection = await fixture.platform.connection();
    const url = `http://127.0.0.1:${fixture.platform.port}/store/in`;
    connection.assign({ input: { $payload: { ref: 'acme/in', bytes: text.length, sha256: digest(text), url } } });

    const result = await connection.next('task.result');
    const output = JSON.stringify({ back: large });
    expect(result.payload).toMatchObject({
      output: { $payload: { ref: 'acme/up', bytes: output.length, sha256: digest(output) } },
    });
    expect(stored?.toString()).toBe(output);
    expect(header).toBe('digest');
  });

  it('refuses an input that is not what was stored', async () => {
    fixture.platform.http = () => ({ text: '"forged"' });
    await fixture
      .createAgent()
      .handle('echo', () => 1)
      .start();
    const connection = await fixture.platform.connection();
    const url = `http://127.0.0.1:${fixture.platform.port}/store/in`;
    connection.assign({ input: { $payload: { ref: 'acme/in', bytes: 3, sha256: digest('"x"'), url } } });
    expect((await connection.next('task.fail')).payload).toMatchObject({ error: { code: 'PAYLOAD_CORRUPT' } });
  });

  it('fails a task whose output is over the limit of all payloads, or no JSON', async () => {
    await fixture
      .createAgent()
      .handle('echo', ({ input }) => (input === 'huge' ? 'x'.repeat(10 * 1024 * 1024) : 10n))
      .start();
    const connection = await fixture.platform.connection();
    connection.assign({ input: 'huge' });
    expect((await connection.next('task.fail')).payload).toMatchObject({
      error: { code: 'PAYLOAD_TOO_LARGE', retryable: false },
    });
    connection.assign({ taskId: secondTask });
    expect((await connection.next('task.fail')).payload).toMatchObject({
      error: { code: 'INVALID_FIELD', retryable: false },
    });
  });

  it('refuses a frame over 32 KB before sending anything', async () => {
    let refused: unknown;
    await fixture
      .createAgent()
      .handle('echo', (_task, ctx) => {
        try {
          ctx.chunk('x'.repeat(33 * 1024));
        } catch (error) {
          refused = error;
        }
        ctx.chunk('small');
      })
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    expect((await connection.next('task.result')).payload).toMatchObject({ output: null });
    expect(refused).toBeInstanceOf(PayloadTooLargeError);
    expect(refused).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', limit: 32_768 });
    expect(connection.frames.filter(({ type }) => type === 'task.progress')).toHaveLength(1);
  });
});
