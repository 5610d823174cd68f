import { describe, expect, it } from 'vitest';
import { listActions } from '#core/audit/record-action.ts';
import { limits } from '#core/contract/limits.ts';
import { BusEvent, TriggerDefinition, type TriggerDefinitionInput } from '#core/contract/trigger.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { InvalidFieldError } from '#core/errors/errors.ts';
import { Run } from '#core/runs/run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { emergencyStop, resumeAfterStop } from '#core/system/emergency-stop.ts';
import { fireRule, fireSchedule, fireTriggers } from '#core/triggers/fire-triggers.ts';
import { putTrigger, removeTrigger } from '#core/triggers/put-trigger.ts';
import { listTriggers } from '#core/triggers/trigger.ts';
import { createWorld, otherTenant, owner, stranger, tenant, type World } from '../world.ts';

const workflow = (more = {}) =>
  WorkflowDefinition.parse({ mode: 'sequential', name: 'ship', steps: [{ id: 'a', type: 'work' }], ...more });
const onOrder: TriggerDefinitionInput = {
  name: 'on-order',
  workflow: 'ship',
  eventPattern: { source: ['shop'], detail: { total: [{ numeric: ['>', 100] }] } },
  inputTemplate: { order: '{{ event.detail.order }}', from: '{{ event.source }} {{ event.detailType }}' },
};
const event = (id: string, detail: Record<string, unknown> = {}, source = 'shop'): BusEvent =>
  BusEvent.parse({ id, source, 'detail-type': 'OrderPlaced', detail: { tenant, order: 7, total: 200, ...detail } });
const put = (world: World, definition: TriggerDefinitionInput, principal = owner) =>
  putTrigger(world.services, principal, TriggerDefinition.parse(definition));
const runs = (world: World) =>
  world.ports.table
    .items()
    .filter(({ sk }) => sk === 'RUN')
    .map((item) => Run.parse(item));
const begin = async () => {
  const world = createWorld();
  await putWorkflow(world.services, tenant, workflow());
  return world;
};

describe('fireTriggers', () => {
  it('starts the workflow of a trigger that matches, with its input, once for each event', async () => {
    const world = await begin();
    await put(world, onOrder);
    for (const id of ['e-1', 'e-1', 'e-2']) await fireTriggers(world.services, event(id));
    await fireTriggers(world.services, event('e-3', { total: 50 }));
    await fireTriggers(world.services, event('e-4', {}, 'bank'));
    expect(runs(world)).toHaveLength(2);
    expect(runs(world)[0]).toMatchObject({ workflow: 'ship', input: { order: 7, from: 'shop OrderPlaced' } });
  });

  it('starts a run for each of several, and stays with the version it was made for', async () => {
    const world = await begin();
    await put(world, onOrder);
    await put(world, { ...onOrder, name: 'too', inputTemplate: undefined });
    await putWorkflow(world.services, tenant, workflow({ description: 'newer' }));
    await fireTriggers(world.services, event('e'));
    expect(runs(world).map(({ version }) => version)).toEqual([1, 1]);
    expect(runs(world).some(({ input }) => JSON.stringify(input).includes('"total":200'))).toBe(true);
  });

  it('starts none while the tenant is stopped, says so where people look, and catches up with nothing', async () => {
    const world = await begin();
    await put(world, onOrder);
    await emergencyStop(world.services, tenant, 'Fire.');
    for (const id of ['e-1', 'e-1']) await fireTriggers(world.environment(), event(id));
    await resumeAfterStop(world.services, tenant);
    expect(runs(world)).toEqual([]);
    const { items } = await listActions(world.services, tenant, { dayMs: world.services.clock.now(), limit: 10 });
    expect(items).toMatchObject([{ action: 'run.refused', on: { workflow: 'ship', code: 'SYSTEM_STOPPED' } }]);
    await fireTriggers(world.services, event('e-2'));
    expect(runs(world)).toHaveLength(1);
  });

  it("never sees another tenant's events", async () => {
    const world = await begin();
    await put(world, { ...onOrder, eventPattern: { source: [{ prefix: '' }] } });
    await fireTriggers(world.services, event('e', { tenant: otherTenant }));
    const { tenant: _tenant, ...detail } = event('e').detail;
    await fireTriggers(world.services, { ...event('e'), detail });
    expect(runs(world)).toEqual([]);
  });

  it('starts nothing for one that is disabled or removed', async () => {
    const world = await begin();
    await put(world, { ...onOrder, enabled: false });
    await fireTriggers(world.services, event('e-1'));
    await put(world, onOrder);
    await removeTrigger(world.services, owner, 'on-order');
    world.advance(11_000);
    await fireTriggers(world.services, event('e-2'));
    expect(runs(world)).toEqual([]);
  });

  it('starts the others when one cannot start, and says so', async () => {
    const world = await begin();
    await put(world, onOrder);
    await put(world, {
      ...onOrder,
      name: 'big',
      inputTemplate: {
        $payload: { ref: 'rival/00000000-0000-7000-8000-000000000000', bytes: 1, sha256: 'a'.repeat(64) },
      },
    });
    await fireTriggers(world.services, event('e'));
    expect(runs(world)).toHaveLength(1);
    expect(runs(world)[0]).toMatchObject({ startedBy: { kind: 'trigger', name: onOrder.name, eventId: 'e' } });
    const refused = world.ports.events.published.filter(({ detailType }) => detailType === 'RunRefused');
    expect(refused).toMatchObject([
      {
        detail: {
          tenant,
          startedBy: { kind: 'trigger', name: 'big', eventId: 'e' },
          error: { code: 'INVALID_FIELD' },
        },
      },
    ]);
  });

  it('is not confused by a trigger that was replaced between two deliveries', async () => {
    const world = await begin();
    await put(world, onOrder);
    await fireTriggers(world.services, event('e'));
    await put(world, { ...onOrder, inputTemplate: 'other' });
    world.advance(11_000);
    await fireTriggers(world.services, event('e'));
    expect(runs(world)).toHaveLength(1);
  });
});

describe('fireRule', () => {
  it('starts the workflow that the rule names, once for each event', async () => {
    const world = await begin();
    const matched = {
      kind: 'rule',
      rule: 'r',
      tenant,
      workflow: 'ship',
      inputTemplate: '{{ event.detail.order }}',
    } as const;
    for (const id of ['e-1', 'e-1']) await fireRule(world.services, { ...matched, event: event(id) });
    expect(runs(world)).toMatchObject([{ input: 7 }]);
  });
});

describe('a schedule', () => {
  const nightly: TriggerDefinitionInput = {
    name: 'nightly',
    workflow: 'ship',
    schedule: { expression: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin' },
    inputTemplate: { at: '{{ event.time }}' },
  };
  const due = (time: string) => ({ kind: 'schedule', tenant, trigger: 'nightly', id: time, time }) as const;

  it('is made with its trigger, starts one run for each time, and goes with it', async () => {
    const world = await begin();
    await put(world, nightly);
    expect([...world.ports.schedules.known.values()]).toMatchObject([
      { trigger: 'nightly', enabled: true, schedule: nightly.schedule },
    ]);
    for (const time of ['t1', 't1', 't2']) await fireSchedule(world.services, due(time));
    expect(
      runs(world)
        .map(({ input }) => JSON.stringify(input))
        .toSorted(),
    ).toEqual(['{"at":"t1"}', '{"at":"t2"}']);
    await removeTrigger(world.services, owner, 'nightly');
    expect(world.ports.schedules.known.size).toBe(0);
    await fireSchedule(world.services, due('t3'));
    expect(runs(world)).toHaveLength(2);
  });

  it('goes when its trigger listens to events instead', async () => {
    const world = await begin();
    await put(world, nightly);
    await put(world, { ...onOrder, name: 'nightly' });
    expect(world.ports.schedules.known.size).toBe(0);
    await fireSchedule(world.services, due('t1'));
    expect(runs(world)).toEqual([]);
  });
});

describe('a schedule that is none', () => {
  const hourly = { name: 'hourly', workflow: 'ship', schedule: { expression: 'rate(1 hour)' } };
  const left = async (world: World) => ({
    triggers: (await listTriggers(world.services, tenant, { limit: 10 })).items,
    schedules: [...world.ports.schedules.known.values()],
  });

  it.each([
    ['cron(99 99 * * ? *)', 'UTC', 'schedule.expression', /Minutes does not allow "99"/],
    ['cron(0 3 * * ?)', 'UTC', 'schedule.expression', /six fields/],
    ['rate(0 minutes)', 'UTC', 'schedule.expression', /positive number/],
    ['rate(5 weeks)', 'UTC', 'schedule.expression', /minute\(s\), hour\(s\) or day\(s\)/],
    ['at(2026-02-31T08:00:00)', 'UTC', 'schedule.expression', /yyyy-mm-ddThh:mm:ss/],
    ['rate(1 minute)', 'Mars/X', 'schedule.timeZone', /"Mars\/X" is no time zone/],
    ['rate(1 minute)', '+02:00', 'schedule.timeZone', /IANA/],
  ])('%s in %s is refused and leaves what was there', async (expression, timeZone, field, message) => {
    const world = await begin();
    await put(world, hourly);
    const before = await left(world);
    for (const name of ['hourly', 'other'])
      await expect(put(world, { ...hourly, name, schedule: { expression, timeZone } })).rejects.toMatchObject({
        code: 'INVALID_FIELD',
        field,
        message: expect.stringMatching(message),
      });
    expect(await left(world)).toEqual(before);
  });

  it('leaves what was there as well when only the scheduler refuses it', async () => {
    const world = await begin();
    await put(world, hourly);
    const before = await left(world);
    const schedules = {
      ...world.services.schedules,
      put: async () => Promise.reject(new InvalidFieldError('schedule', 'takes no such schedule')),
    };
    const definition = TriggerDefinition.parse({ ...hourly, schedule: { expression: 'rate(2 hours)' } });
    for (const name of ['hourly', 'other'])
      await expect(putTrigger({ ...world.services, schedules }, owner, { ...definition, name })).rejects.toMatchObject({
        code: 'INVALID_FIELD',
      });
    expect(await left(world)).toEqual(before);
  });

  it('may cut a request short at every step, and the request sent again brings it about', async () => {
    for (let calls = 0; calls < 3; calls++) {
      const world = await begin();
      await put(world, hourly);
      let allowed = calls;
      const live = () => {
        if (allowed-- <= 0) throw new Error('died');
      };
      const { table, schedules } = world.services;
      const dying: typeof world.services = {
        ...world.services,
        table: { ...table, put: async (write) => (live(), table.put(write)) },
        schedules: { ...schedules, put: async (request) => (live(), schedules.put(request)) },
      };
      const wanted = TriggerDefinition.parse({ ...hourly, schedule: { expression: 'rate(2 hours)' } });
      await expect(putTrigger(dying, owner, wanted)).rejects.toThrow('died');
      await putTrigger(world.services, owner, wanted);
      expect(await left(world)).toMatchObject({
        triggers: [{ schedule: wanted.schedule, enabled: true }],
        schedules: [{ schedule: wanted.schedule, enabled: true }],
      });
    }
  });

  it('is not one whose only time has come: that trigger is shown as ended', async () => {
    const world = await begin();
    const schedule = { expression: 'at(2026-01-01T02:00:00)', timeZone: 'Europe/Berlin' };
    await put(world, { ...hourly, name: 'once', schedule });
    await put(world, hourly);
    const ended = async () => (await left(world)).triggers.map((trigger) => [trigger.name, trigger.ended]);
    expect(await ended()).toEqual([
      ['hourly', undefined],
      ['once', undefined],
    ]);
    world.advance(3_599_000);
    expect((await ended())[1]).toEqual(['once', undefined]);
    world.advance(1000);
    expect((await ended())[1]).toEqual(['once', true]);
  });
});

describe('putTrigger', () => {
  it.each<[string, Partial<TriggerDefinitionInput>, string, string | undefined]>([
    ['a pattern that is none', { eventPattern: { source: 'shop' } }, 'INVALID_FIELD', 'eventPattern'],
    ['an operator that is none', { eventPattern: { source: [{ sounds: 'like' }] } }, 'INVALID_FIELD', 'eventPattern'],
    ['a template beside the event', { inputTemplate: '{{ run.id }}' }, 'INVALID_FIELD', 'inputTemplate'],
    ['a template with a filter', { inputTemplate: '{{ event.id | upper }}' }, 'INVALID_FIELD', 'inputTemplate'],
    ['a template that is not closed', { inputTemplate: ['{{ event.id'] }, 'INVALID_FIELD', 'inputTemplate'],
    ['an unknown workflow', { workflow: 'nothing' }, 'NOT_FOUND', undefined],
    ['an unknown version', { version: 9 }, 'NOT_FOUND', undefined],
    ['more than it may hold', { inputTemplate: 'x'.repeat(limits.triggerBytes) }, 'PAYLOAD_TOO_LARGE', 'trigger'],
  ])('refuses %s, with the reason, and keeps nothing', async (_what, more, code, field) => {
    const world = await begin();
    await expect(put(world, { ...onOrder, ...more })).rejects.toMatchObject({
      code,
      ...(field === undefined ? {} : { field }),
    });
    expect((await listTriggers(world.services, tenant, { limit: 10 })).items).toEqual([]);
  });

  it('refuses what is both, or neither, an event and a schedule', () => {
    const schedule = { expression: 'rate(1 hour)' };
    for (const more of [
      { schedule },
      { eventPattern: undefined },
      { eventPattern: undefined, schedule: { expression: 'hourly' } },
    ])
      expect(TriggerDefinition.safeParse({ ...onOrder, ...more }).success).toBe(false);
  });

  it('knows at most so many, of which one may be replaced', async () => {
    const world = await begin();
    for (let index = 0; index < limits.triggersPerTenant; index++) await put(world, { ...onOrder, name: `t${index}` });
    await expect(put(world, onOrder)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await put(world, { ...onOrder, name: 't0' });
  });

  it("is another tenant's own affair", async () => {
    const world = await begin();
    await put(world, onOrder);
    await expect(put(world, onOrder, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(removeTrigger(world.services, stranger, 'on-order')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await listTriggers(world.services, otherTenant, { limit: 10 })).items).toEqual([]);
  });
});
