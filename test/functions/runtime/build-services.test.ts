import { describe, expect, it } from 'vitest';
import { buildServices } from '#functions/runtime/build-services.ts';
import { allowedFields } from '#functions/runtime/create-log.ts';
import { eventsPort, executionsPort, queuesPort, socketsPort, tablePort } from '#functions/runtime/ports.ts';

describe('buildServices', () => {
  it('names the variable that a port lacks when the port is used, not before', () => {
    const services = buildServices({ table: tablePort, events: eventsPort, sockets: socketsPort }, {});
    expect(() => services.table).toThrow('TABLE_NAME is not set');
    expect(() => services.events).toThrow('BUS_NAME is not set');
    expect(() => services.sockets).toThrow('SOCKET_ENDPOINT is not set');
  });

  it('names the port that a function is built without', () => {
    expect(() => buildServices({}, {}).payloads).toThrow('without the port payloads');
  });

  it('names the queue that a function may not send to', async () => {
    const { queues } = buildServices({ queues: queuesPort }, { TIMERS_QUEUE_URL: 'https://sqs.test/timers' });
    await expect(queues.sendTasks('acme', [])).rejects.toThrow('TASKS_QUEUE_URL is not set');
  });

  it('builds a port once', () => {
    let built = 0;
    const services = buildServices({ table: (variables) => (built++, tablePort(variables)) }, { TABLE_NAME: 't' });
    expect(services.table).toBe(services.table);
    expect(built).toBe(1);
  });

  it.each(['{', '[]', '{"sequential":"arn"}'])('refuses %s as state machines', (text) => {
    const services = buildServices({ executions: executionsPort }, { STATE_MACHINES: text });
    expect(() => services.executions).toThrow('STATE_MACHINES');
  });

  it('answers tokens without state machines', () => {
    expect(buildServices({ executions: executionsPort }, {}).executions).toBeDefined();
  });

  it('keeps what is over as long as is configured, else for the usual time', () => {
    expect(buildServices({}, {}).retention).toEqual({ ended: 30, lateResults: 30, audit: 365 });
    const configured = JSON.stringify({ ended: 1, lateResults: 2, audit: 3 });
    expect(buildServices({}, { RETENTION_DAYS: configured }).retention).toEqual(JSON.parse(configured));
    for (const text of ['{', '{"ended":0}', '{"ended":30,"more":1}', '30'])
      expect(() => buildServices({}, { RETENTION_DAYS: text })).toThrow('RETENTION_DAYS');
  });

  it('draws fractions below 1 and sixteen bytes', () => {
    const { random } = buildServices({}, {});
    const fractions = Array.from({ length: 100 }, () => random.fraction());
    expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    expect(new Set(fractions).size).toBeGreaterThan(90);
    expect(random.bytes()).toHaveLength(16);
  });
});

describe('allowedFields', () => {
  it('keeps numbers, truth values and known names, and drops any other text', () => {
    const fields = { taskId: 'tsk_1', attempt: 2, ok: true, output: 'the payload', token: 'secret', input: { a: 1 } };
    expect(allowedFields(fields)).toEqual({ taskId: 'tsk_1', attempt: 2, ok: true });
  });
});
