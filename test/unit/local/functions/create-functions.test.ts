import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFunctions, type Functions } from '../../../../local/functions/create-functions.ts';
import type { FunctionDefinition } from '../../../../local/functions/function-definition.ts';
import { defaultEnvironments } from '../../../../local/functions/function-pool.ts';
import { realClock } from '../../../../local/real-clock.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Fixture {
  readonly functions: Functions;
  readonly lines: string[];
  readonly counted: Map<string, number>;
  readonly add: (name: string, code: string, options?: Partial<FunctionDefinition>, file?: string) => void;
}

function prepare(options: Partial<Parameters<typeof createFunctions>[0]> = {}): Fixture {
  const lines: string[] = [];
  const counted = new Map<string, number>();
  const functions = createFunctions({
    clock: realClock,
    meter: { count: (unit, amount) => counted.set(unit, (counted.get(unit) ?? 0) + amount) },
    log: (name, line) => lines.push(`${name}: ${line}`),
    ...options,
  });
  cleanups.push(() => functions.stop());
  return {
    functions,
    lines,
    counted,
    add(name, code, options, file = 'index.mjs') {
      const codeDirectory = mkdtempSync(join(tmpdir(), 'functions-'));
      cleanups.push(() => rmSync(codeDirectory, { recursive: true, force: true }));
      writeFileSync(join(codeDirectory, file), code);
      functions.addFunction({
        name,
        arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
        codeDirectory,
        handler: 'index.handler',
        environment: {},
        timeoutMs: 5000,
        memoryMb: 256,
        ...options,
      });
    },
  };
}

describe('createFunctions', () => {
  it('answers with the JSON of what the handler returns and gives it the context', async () => {
    const { functions, add, counted } = prepare();
    add(
      'echo',
      `export const handler = async (event, context) => ({ event, date: new Date(0), gone: undefined,
         arn: context.invokedFunctionArn, memory: context.memoryLimitInMB, name: context.functionName,
         group: context.logGroupName, left: context.getRemainingTimeInMillis() > 4000, id: context.awsRequestId.length,
         handlerName: process.env._HANDLER })`,
    );
    const { payload, functionError } = await functions.invoke('echo', { a: [1, undefined] });
    expect(functionError).toBeUndefined();
    expect(payload).toEqual({
      event: { a: [1, null] },
      date: '1970-01-01T00:00:00.000Z',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:echo',
      memory: '256',
      name: 'echo',
      group: '/aws/lambda/echo',
      left: true,
      id: 36,
      handlerName: 'index.handler',
    });
    expect(counted.get('lambda.requests')).toBe(1);
    expect(counted.get('lambda.gbMs')).toBeGreaterThan(0);
  });

  it('accepts arns, aliases and versions, and refuses unknown names', async () => {
    const { functions, add } = prepare();
    add('known', 'exports.handler = async (e, c) => c.invokedFunctionArn', {}, 'index.cjs');
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:known';
    expect(await functions.invoke(`${arn}:live`, {})).toEqual({ payload: `${arn}:live` });
    expect(await functions.invoke('known:7', {})).toEqual({ payload: arn });
    await expect(functions.invoke('unknown', {})).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      statusCode: 404,
    });
  });

  it('supports callback handlers, and refuses them on runtimes that removed them', async () => {
    const { functions, add } = prepare();
    const code = 'exports.handler = (event, context, callback) => setTimeout(() => callback(null, event.x + 1), 1)';
    add('callback', code, {}, 'index.js');
    add('modern', code, { runtime: 'nodejs24.x' }, 'index.js');
    expect(await functions.invoke('callback', { x: 1 })).toEqual({ payload: 2 });
    expect(await functions.invoke('modern', { x: 1 })).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'Runtime.CallbackHandlerDeprecated' },
    });
  });

  it('reports a thrown error by type, message and trace, and keeps the environment', async () => {
    const { functions, add } = prepare();
    add(
      'thrower',
      `let n = 0; export const handler = async () => { if (n++ === 0) throw new RangeError('bad'); return n }`,
    );
    const first = await functions.invoke('thrower', {});
    expect(first).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'bad' },
    });
    expect(first.payload).toHaveProperty('trace.0', 'RangeError: bad');
    expect(await functions.invoke('thrower', {})).toEqual({ payload: 2 });
    expect(functions.describe()[0]).toMatchObject({ coldStarts: 1, invocations: 2, errors: 1, environments: 1 });
  });

  it('shows each function only its own environment variables', async () => {
    const { functions, add } = prepare();
    process.env['PLATFORM_ONLY'] = 'leak';
    cleanups.push(() => void delete process.env['PLATFORM_ONLY']);
    const code = `export const handler = async () => { process.env.WRITTEN = process.env.MINE; return { ...process.env } }`;
    add('one', code, { environment: { MINE: '1', SECRET: 's' } });
    add('two', code, { environment: { MINE: '2' } });
    const one = (await functions.invoke('one', {})).payload;
    const two = (await functions.invoke('two', {})).payload;
    expect(one).toMatchObject({ MINE: '1', SECRET: 's', WRITTEN: '1', AWS_LAMBDA_FUNCTION_NAME: 'one' });
    expect(two).toMatchObject({ MINE: '2', WRITTEN: '2', AWS_REGION: 'us-east-1' });
    expect(two).not.toHaveProperty('SECRET');
    expect(one).not.toHaveProperty('PLATFORM_ONLY');
    expect(process.env['WRITTEN']).toBeUndefined();
  });

  it('keeps compiled code where this process keeps its own, after the first answer, and does not show it', async () => {
    const kept = mkdtempSync(join(tmpdir(), 'compiled-'));
    cleanups.push(() => rmSync(kept, { recursive: true, force: true }));
    vi.stubEnv('NODE_COMPILE_CACHE', kept);
    const { functions, add } = prepare();
    add('one', 'export const handler = async () => Object.keys(process.env)');
    expect((await functions.invoke('one', {})).payload).not.toContain('NODE_COMPILE_CACHE');
    await vi.waitFor(() => expect(readdirSync(kept, { recursive: true }).length).toBeGreaterThan(1));
  });

  it('kills a busy loop at the timeout and starts afresh', async () => {
    const { functions, add } = prepare();
    add('loop', 'export const handler = async (e) => { while (e.spin) {} return "ok" }', { timeoutMs: 150 });
    const { functionError, payload } = await functions.invoke('loop', { spin: true });
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^[0-9a-f-]{36} Task timed out after 0\.15 seconds$/),
    });
    expect(await functions.invoke('loop', {})).toEqual({ payload: 'ok' });
    expect(functions.describe()[0]?.coldStarts).toBe(2);
  });

  it('gives an initialisation that takes longer than ten seconds the function’s own time', async () => {
    const due: (() => void)[] = [];
    const { functions, add } = prepare({
      clock: {
        now: Date.now,
        after: (ms, action) => {
          const isOfInit = ms === 10_000 || ms === 7000;
          return isOfInit ? (due.push(action), () => undefined) : realClock.after(ms, action);
        },
      },
    });
    const shared = new BroadcastChannel('slow-init');
    cleanups.push(() => shared.close());
    const code = `const channel = new BroadcastChannel('slow-init');
      await new Promise((resolve) => { channel.onmessage = resolve; channel.postMessage('waits') });
      channel.close();
      export const handler = async () => 'late'`;
    const waits = new Promise((resolve) => {
      shared.addEventListener('message', resolve, { once: true });
    });
    add('slow', code, { timeoutMs: 7000 });
    const late = functions.invoke('slow', {});
    await waits;
    expect(due).toHaveLength(1);
    due[0]?.();
    expect(due).toHaveLength(2);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
    shared.postMessage('go on');
    expect(await late).toEqual({ payload: 'late' });

    add('stuck', 'await new Promise((resolve) => setTimeout(resolve, 60_000)); export const handler = 1', {
      timeoutMs: 7000,
    });
    const stuck = functions.invoke('stuck', {});
    await expect.poll(() => due.length).toBe(4);
    due[3]?.();
    due.at(-1)?.();
    expect(await stuck).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/after 7\.00 seconds$/) },
    });
  });

  it('discards an environment that exits or lets an exception escape, and no other', async () => {
    const { functions, add } = prepare();
    add('exits', 'export const handler = async () => process.exit(3)');
    add(
      'escapes',
      'export const handler = () => new Promise(() => setTimeout(() => { throw new TypeError("late") }, 1))',
    );
    add('rejects', 'export const handler = () => new Promise(() => { Promise.reject(new Error("lost")) })');
    add('healthy', 'let n = 0; export const handler = async () => ++n');
    await functions.invoke('healthy', {});
    expect((await functions.invoke('exits', {})).payload).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/^RequestId: .* Error: Runtime exited with error: exit status 3$/),
    });
    expect((await functions.invoke('escapes', {})).payload).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'late',
    });
    expect((await functions.invoke('rejects', {})).payload).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: lost',
    });
    expect((await functions.invoke('escapes', {})).payload).toMatchObject({ errorType: 'TypeError' });
    expect(await functions.invoke('healthy', {})).toEqual({ payload: 2 });
  });

  it('reports what prevents a handler from loading, and keeps no such environment', async () => {
    const { functions, add } = prepare();
    add('missing', 'export const other = 1');
    add('syntax', 'export const handler = (');
    add('throws', 'throw new Error("no table")');
    add('nofile', '', { handler: 'main.handler' });
    add('import', 'import "no-such-package"; export const handler = async () => 1');
    const reportOf = async (name: string): Promise<unknown> => (await functions.invoke(name, {})).payload;
    expect(await reportOf('missing')).toHaveProperty('errorType', 'Runtime.HandlerNotFound');
    expect(await reportOf('syntax')).toHaveProperty('errorType', 'Runtime.UserCodeSyntaxError');
    expect(await reportOf('throws')).toHaveProperty('errorType', 'Error');
    expect(await reportOf('nofile')).toHaveProperty('errorType', 'Runtime.ImportModuleError');
    expect(await reportOf('import')).toHaveProperty('errorType', 'Runtime.ImportModuleError');
    expect(functions.describe().map((one) => one.environments)).toEqual([0, 0, 0, 0, 0]);
  });

  it('gives one environment one event at a time, scales out to the limit and queues the rest in order', async () => {
    const { functions, add } = prepare({ mostEnvironments: 2 });
    const code = `let busy = false; const id = Math.random(); export const handler = async () => {
      if (busy) throw new Error('shared'); busy = true; await new Promise((r) => setTimeout(r, 20)); busy = false; return id }`;
    add('limited', code);
    const results = await Promise.all(Array.from({ length: 6 }, () => functions.invoke('limited', {})));
    expect(results.every((result) => result.functionError === undefined)).toBe(true);
    expect(new Set(results.map((result) => result.payload)).size).toBe(2);
  });

  it('refuses what goes beyond the reserved concurrency, and only that', async () => {
    const { functions, add } = prepare();
    const code = 'export const handler = (ms) => new Promise((resolve) => setTimeout(resolve, ms, ms))';
    add('pair', code, { reservedConcurrency: 2 });
    add('closed', code, { reservedConcurrency: 0 });
    const throttled = { code: 'TooManyRequestsException', statusCode: 429 };
    const results = await Promise.allSettled(Array.from({ length: 3 }, () => functions.invoke('pair', 20)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2]).toMatchObject({ reason: throttled });
    expect(await functions.invoke('pair', 1)).toEqual({ payload: 1 });
    await expect(functions.invoke('closed', 1)).rejects.toMatchObject(throttled);
  });

  it('refuses events and answers above 6 MB', async () => {
    const { functions, add } = prepare();
    add('big', 'export const handler = async (e) => "x".repeat(e.length)');
    await expect(functions.invoke('big', 'x'.repeat(6_291_456))).rejects.toMatchObject({
      code: 'RequestTooLargeException',
      statusCode: 413,
    });
    expect((await functions.invoke('big', { length: 6_291_555 })).payload).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    });
    expect((await functions.invoke('big', { length: 6_291_000 })).functionError).toBeUndefined();
  });

  it('hands each printed line to the log', async () => {
    const { functions, add, lines } = prepare();
    add('prints', 'export const handler = async () => { console.log("a\\nb"); console.error("c") }');
    expect(await functions.invoke('prints', {})).toEqual({ payload: null });
    await expect.poll(() => lines.toSorted()).toEqual(['prints: a', 'prints: b', 'prints: c']);
  });

  it('writes an error that nobody handles to the log, as Lambda’s runtime does', async () => {
    const { functions, add, lines } = prepare();
    add('fails', 'export const handler = async () => { throw new TypeError("no such thing") }');
    await functions.invoke('fails', {});
    const [line = ''] = lines;
    expect(line).toMatch(/^fails: ERROR\tInvoke Error\t/);
    expect(JSON.parse(line.split('\t')[2] ?? '')).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no such thing',
    });
  });

  it('ends waiting and running invocations when it stops', async () => {
    const { functions, add } = prepare({ mostEnvironments: 1 });
    add('slow', 'export const handler = () => new Promise(() => {})');
    const running = functions.invoke('slow', {});
    const waiting = functions.invoke('slow', {});
    waiting.catch(() => undefined);
    await expect.poll(() => functions.describe()[0]?.waiting).toBe(1);
    await functions.stop();
    expect((await running).payload).toMatchObject({ errorType: 'Runtime.ExitError' });
    await expect(waiting).rejects.toMatchObject({ code: 'ServiceException' });
  });

  it('ends an environment that outgrows its memory, and nothing else', async () => {
    const { functions, add } = prepare();
    add(
      'greedy',
      'export const handler = async () => { const kept = []; for (;;) kept.push(new Array(1e5).fill(kept.length)) }',
      {
        memoryMb: 64,
        timeoutMs: 15_000,
      },
    );
    add('modest', 'let n = 0; export const handler = async () => ++n');
    await functions.invoke('modest', {});
    expect((await functions.invoke('greedy', {})).payload).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/signal: killed$/),
    });
    expect(await functions.invoke('modest', {})).toEqual({ payload: 2 });
  });

  it('runs as many environments of one function as the machine has use for', () => {
    expect([1, 2, 4, 64].map(defaultEnvironments)).toEqual([4, 4, 8, 10]);
  });

  it('runs no more environments than it is told', async () => {
    const { functions, add } = prepare({ mostEnvironments: 2 });
    add('slow', 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 20))');
    await Promise.all([1, 2, 3, 4].map(() => functions.invoke('slow', {})));
    expect(functions.describe()[0]).toMatchObject({ environments: 2, invocations: 4 });
  });

  it('ends environments that stay idle', async () => {
    const expiries: (() => void)[] = [];
    const { functions, add } = prepare({
      clock: {
        now: Date.now,
        after: (ms, action) =>
          ms === 5 * 60_000 ? (expiries.push(action), () => undefined) : realClock.after(ms, action),
      },
    });
    add('idle', 'let n = 0; export const handler = async () => ++n');
    await functions.invoke('idle', {});
    expect(functions.describe()[0]?.environments).toBe(1);
    for (const expire of expiries) expire();
    expect(functions.describe()[0]?.environments).toBe(0);
    expect(await functions.invoke('idle', {})).toEqual({ payload: 1 });
  });

  it('starts cold, throttles and delays as chaos asks', async () => {
    let isThrottled = false;
    const { functions, add } = prepare({
      chaos: { forcesColdStart: () => true, throttles: () => isThrottled, delayMs: () => 1 },
    });
    add('chaotic', 'let n = 0; export const handler = async () => ++n');
    expect(await functions.invoke('chaotic', {})).toEqual({ payload: 1 });
    expect(await functions.invoke('chaotic', {})).toEqual({ payload: 1 });
    expect(functions.describe()[0]).toMatchObject({ coldStarts: 2, environments: 1 });
    isThrottled = true;
    await expect(functions.invoke('chaotic', {})).rejects.toMatchObject({ code: 'TooManyRequestsException' });
  });
});
