import { describe, expect, it, onTestFinished } from 'vitest';
import { Agent, Client, MusterError } from '#sdk/index.ts';
import { next, until, useAgents } from './agent-fixture.ts';

const fixture = useAgents();

const thrownBy = (make: () => unknown): unknown => {
  try {
    make();
  } catch (error) {
    return error;
  }
  return undefined;
};

const agentWith = (options: Record<string, unknown>): unknown =>
  thrownBy(() => new Agent({ url: 'ws://127.0.0.1:1/ws', apiKey: 'mst_a_b_c', name: 'a', ...options }));
const clientWith = (options: Record<string, unknown>): unknown =>
  thrownBy(() => new Client({ url: 'http://127.0.0.1:1/v1', apiKey: 'mst_a_b_c', ...options }));

describe('options that can never be right', () => {
  it.each([
    [agentWith({ url: 'http://127.0.0.1:4577/v1' }), 'url', 'ws://… or wss://…, not "http://127.0.0.1:4577/v1"'],
    [agentWith({ url: 'nonsense' }), 'url', 'not "nonsense"'],
    [agentWith({ url: undefined }), 'url', 'not undefined'],
    [agentWith({ apiKey: undefined }), 'apiKey', 'apiKey is missing'],
    [agentWith({ apiKey: '' }), 'apiKey', 'apiKey is missing'],
    [agentWith({ apiKey: 'mst_a_b_c\n' }), 'apiKey', 'without spaces around it'],
    [clientWith({ url: 'ws://127.0.0.1:4577/ws' }), 'url', 'http://… or https://…'],
    [clientWith({ socketUrl: 'http://127.0.0.1:4577/v1' }), 'socketUrl', 'ws://… or wss://…'],
    [clientWith({ apiKey: undefined }), 'apiKey', 'apiKey is missing'],
  ])('are refused at once (%#), naming the option', (error, field, message) => {
    expect(error).toBeInstanceOf(MusterError);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', field, retryable: false });
    expect(String(error)).toContain(message);
  });

  it('leave a key out of the message', () => {
    expect(String(agentWith({ apiKey: 'mst_a_b_secret value' }))).not.toContain('secret');
  });
});

describe('an agent that nobody listens to', () => {
  it('warns once for each outage that it is not connected, and why', async () => {
    // Prepare
    const warnings: Error[] = [];
    const note = (warning: Error): void => {
      if (warning instanceof MusterError) warnings.push(warning);
    };
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    fixture.platform.handshakeStatus = 503;
    const agent = fixture.createAgent();
    const tries = async (count: number): Promise<void> => {
      const from = fixture.platform.handshakes;
      while (fixture.platform.handshakes < from + count) {
        fixture.timers.advance(10_000);
        await next();
      }
    };
    // Act
    const started = agent.start();
    await tries(3);
    await until(() => warnings.length > 0);
    fixture.platform.handshakeStatus = undefined;
    await tries(1);
    await started;
    // Assess
    expect(warnings.map(String)).toEqual([
      expect.stringMatching(/^MusterError: Not connected, trying again: ws:.* answered the handshake with 503$/),
    ]);
    const [connection] = fixture.platform.connections;
    fixture.platform.handshakeStatus = 503;
    connection?.drop();
    await until(() => !agent.isConnected);
    await tries(2);
    await until(() => warnings.length > 1);
    expect(warnings).toHaveLength(2);
  });
});
