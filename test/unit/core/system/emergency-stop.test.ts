import { beforeEach, describe, expect, it } from 'vitest';
import { Slots } from '#core/agents/agent.ts';
import { readAgentView } from '#core/agents/agent-view.ts';
import { registerAgent } from '#core/agents/register-agent.ts';
import { stopAgent } from '#core/agents/stop-agent.ts';
import { updateAgent, updateAgentVersion } from '#core/agents/update-agent.ts';
import { AgentRegistration } from '#core/contract/agent.ts';
import { timings } from '#core/contract/limits.ts';
import { TaskSubmission, type TaskSubmissionInput } from '#core/contract/task.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { Services } from '#core/services.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { emergencyStop, resumeAfterStop } from '#core/system/emergency-stop.ts';
import { initialize, shutdown } from '#core/system/shutdown.ts';
import { systemStatus } from '#core/system/system-status.ts';
import { admit, submitAdmitted } from '#core/tenants/admission.ts';
import { rememberTenant, tenantRecordOf } from '#core/tenants/tenant-record.ts';
import { createWorld, owner, stranger, tenant, type World } from '../world.ts';

let world: World;
let submissions = 0;

beforeEach(() => {
  world = createWorld();
});

const submit = (services: Services = world.services, asked: TaskSubmissionInput = { type: 'work' }) => {
  submissions += 1;
  const submission = TaskSubmission.parse(asked);
  return submitAdmitted(services, { principal: owner, submission, idempotencyKey: `s-${submissions}` });
};

const register = async (name: string, connectionId: string, services: Services = world.services): Promise<void> => {
  await world.connect(connectionId);
  const registration = AgentRegistration.parse({ name });
  await registerAgent(services, { principal: owner, connectionId, seq: 1, registration }, async () => undefined);
};

const stop = () => emergencyStop(world.services, tenant, 'Amok.');
const stateNow = async () => (await systemStatus(world.services, tenant)).state;

const fleet = (): readonly Slots[] =>
  world.ports.table
    .items()
    .filter(({ sk }) => sk === 'SLOTS')
    .map((item) => Slots.parse(item));

/** An environment that has read the tenant before the stop. */
const unaware = (): Services => {
  const services = world.environment();
  rememberTenant(services, tenant, tenantRecordOf(undefined));
  return services;
};

/** Agents that might be given work. */
const atWork = () => fleet().filter(({ connection, status }) => connection !== undefined && status === 'active');

/** Does something once, before one call of the table or another. Returns whether there was such a call. */
const meanwhile = async (at: number, other: () => Promise<unknown>, useCase: () => Promise<unknown>) => {
  let calls = 0;
  world.hooks.before = async () => {
    if (calls++ !== at) return;
    delete world.hooks.before;
    await other();
  };
  await useCase().catch((error: unknown) => error);
  delete world.hooks.before;
  return calls > at;
};

describe('emergencyStop', () => {
  it('accepts nothing and assigns nothing until it is resumed, and loses nothing', async () => {
    const agent = await world.agent('a');
    const single = await world.agent('b');
    await stopAgent(world.services, tenant, single.agentId, { reason: 'It alone.', by: 'agent' });
    const { taskId } = await world.submit();
    expect(await stop()).toEqual({ state: 'stopped', agents: 1 });
    expect(world.frames(agent.connectionId, 'agent.stop').at(-1)?.payload).toMatchObject({ reason: 'Amok.' });
    await world.fireTimers('reconnect-grace');
    await sweep(world.services);
    expect(await world.task(taskId)).toMatchObject({ status: 'QUEUED' });
    await expect(submit()).rejects.toMatchObject({ code: 'SYSTEM_STOPPED', retryable: true });
    // The one that was stopped by itself stays stopped.
    expect(await resumeAfterStop(world.services, tenant)).toEqual({ state: 'open', agents: 1 });
    expect(await world.slots(single)).toMatchObject({ status: 'inactive', stoppedBy: 'agent' });
    await register('a', 'again');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
    expect((await submit()).status).toBe('ASSIGNED');
  });

  it('lets no agent in that comes by way of an environment that has not heard of it, known or new', async () => {
    await world.agent('known');
    const { taskId } = await world.submit();
    await stop();
    for (const name of ['known', 'new'])
      await expect(register(name, `late-${name}`, unaware())).rejects.toMatchObject({ code: 'SYSTEM_STOPPED' });
    await world.fireTimers('reconnect-grace');
    expect(atWork()).toEqual([]);
    expect(await world.task(taskId)).toMatchObject({ status: 'QUEUED' });
    await resumeAfterStop(world.services, tenant);
    await register('new', 'at-last');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED' });
  });

  it('takes neither tasks nor runs in such an environment, whatever they are', async () => {
    await world.agent('a');
    await stop();
    const runAt = world.services.clock.now() + 60_000;
    const asked: readonly TaskSubmissionInput[] = [{ type: 'work' }, { type: 'work', runAt }];
    for (const submission of asked)
      await expect(submit(unaware(), submission)).rejects.toMatchObject({ code: 'SYSTEM_STOPPED' });
    await expect(admit(unaware(), tenant, 'openRuns')).rejects.toMatchObject({ code: 'SYSTEM_STOPPED' });
    expect(world.tasks()).toEqual([]);
  });

  it('leaves nobody at work who registers at the same moment, whichever comes first where', async () => {
    let moments = 0;
    const left: unknown[] = [];
    for (let isMoment = true; isMoment; moments++) {
      world = createWorld();
      await world.connect('c');
      const registration = () => world.register({ registration: { name: 'a' }, connectionId: 'c' });
      isMoment = await meanwhile(moments, stop, registration);
      if (isMoment) left.push(...atWork().map(({ name }) => ({ moments, name })));
    }
    expect(left).toEqual([]);
    expect(moments).toBeGreaterThan(8);
  });

  it('stops whoever registers while it goes round', async () => {
    let moments = 0;
    const left: unknown[] = [];
    for (let isMoment = true; isMoment; moments++) {
      world = createWorld();
      await world.agent('a');
      await world.connect('c');
      const registration = () =>
        world.register({ registration: { name: 'b' }, connectionId: 'c' }).catch((error: unknown) => error);
      isMoment = await meanwhile(moments, registration, stop);
      if (isMoment) left.push(...atWork().map(({ name }) => ({ moments, name })));
    }
    expect(left).toEqual([]);
    expect(moments).toBeGreaterThan(8);
  });

  it('stops them all, however many, and does not stop at one at which it fails', async () => {
    for (let index = 0; index < 60; index++) await world.agent(`a-${index}`);
    let failures = 0;
    world.hooks.before = (operation) => {
      if (operation.name !== 'update' || operation.key.sk !== 'SLOTS' || failures > 0) return;
      failures += 1;
      throw new UnavailableError('The table');
    };
    await expect(stop()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    delete world.hooks.before;
    expect(atWork()).toHaveLength(1);
    expect(await stop()).toEqual({ state: 'stopped', agents: 1 });
    expect(atWork()).toEqual([]);
    expect(await resumeAfterStop(world.services, tenant)).toEqual({ state: 'open', agents: 60 });
  });

  it('takes back no task before all are stopped, however many, and then all', async () => {
    for (let index = 0; index < 30; index++) await world.agent(`a-${index}`, { maxConcurrency: 1 });
    for (let index = 0; index < 30; index++) await world.submit();
    expect(new Set(world.tasks().map(({ status }) => status))).toEqual(new Set(['ASSIGNED']));
    const takenBack = () => world.ports.queues.timers.filter(({ message }) => message.kind === 'reconnect-grace');
    let stopped = 0;
    world.hooks.before = (operation) => {
      if (operation.name !== 'update' || operation.key.sk !== 'SLOTS') return;
      stopped += 1;
      expect(takenBack()).toEqual([]);
    };
    await stop();
    delete world.hooks.before;
    expect(stopped).toBe(30);
    expect(takenBack().map(({ delaySeconds }) => delaySeconds)).toEqual(Array.from({ length: 30 }, () => 0));
    await world.fireTimers('reconnect-grace');
    expect(new Set(world.tasks().map(({ status, attempt }) => `${status} ${attempt}`))).toEqual(new Set(['QUEUED 1']));
    expect(fleet().flatMap(({ assigned }) => Object.keys(assigned))).toEqual([]);
  });

  it('takes the tasks back when it is repeated, or the sweep does, after it died between its rounds', async () => {
    for (const again of [stop, () => sweep(world.services)]) {
      world = createWorld();
      await world.agent('a');
      const { taskId } = await world.submit();
      const working = { ...world.ports.queues };
      Object.assign(world.ports.queues, { sendTimer: () => Promise.reject(new UnavailableError('The queue')) });
      await expect(stop()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED' });
      Object.assign(world.ports.queues, working);
      world.advance(timings.reconnectGraceMs);
      await again();
      await world.fireTimers('reconnect-grace');
      expect(await world.task(taskId)).toMatchObject({ status: 'QUEUED' });
    }
  });

  it('is finished by the sweep when it dies on the way', async () => {
    let moments = 0;
    for (let isMoment = true; isMoment; moments++) {
      world = createWorld();
      for (const name of ['a', 'b']) await world.agent(name);
      const dies = () => Promise.reject(new UnavailableError('The table'));
      isMoment = await meanwhile(moments, dies, stop);
      if (!isMoment || (await stateNow()) !== 'stopped') continue;
      await sweep(world.services);
      expect({ moments, atWork: atWork() }).toEqual({ moments, atWork: [] });
    }
    expect(moments).toBeGreaterThan(6);
  });

  it('gives way to a resume that comes after it, whichever of their steps come first', async () => {
    let moments = 0;
    for (let isMoment = true; isMoment; moments++) {
      world = createWorld();
      await world.agent('a');
      isMoment = await meanwhile(moments, () => resumeAfterStop(world.services, tenant), stop);
      if (!isMoment) break;
      const isStopped = (await stateNow()) === 'stopped';
      expect({ moments, stopped: fleet()[0]?.stoppedAt !== undefined }).toEqual({ moments, stopped: isStopped });
    }
    expect(moments).toBeGreaterThan(6);
  });

  it('concerns its own tenant alone', async () => {
    await world.agent('a');
    await emergencyStop(world.services, stranger.tenant, 'Amok.');
    expect(atWork()).toHaveLength(1);
    expect((await submit()).status).toBe('ASSIGNED');
  });
});

describe('what lifts an emergency stop', () => {
  it('is a resume, and neither an initialize nor a shutdown', async () => {
    await world.agent('a');
    await stop();
    const refusal = { code: 'SYSTEM_STOPPED', message: expect.stringContaining('system resume') };
    await expect(initialize(world.services, tenant)).rejects.toMatchObject(refusal);
    await expect(shutdown(world.services, tenant)).rejects.toMatchObject(refusal);
    expect(await stateNow()).toBe('stopped');
    expect(atWork()).toEqual([]);
    await resumeAfterStop(world.services, tenant);
    expect(await initialize(world.services, tenant)).toMatchObject({ state: 'open' });
  });

  it('is a resume of the whole: no agent is let work again by itself meanwhile', async () => {
    const agent = await world.agent('a');
    await stop();
    const wake = () => updateAgent(world.services, agent, { status: 'active' });
    await expect(wake()).rejects.toMatchObject({ code: 'SYSTEM_STOPPED' });
    const { version } = await readAgentView(world.services, tenant, agent.agentId);
    const wakeAsSeen = () => updateAgentVersion(world.services, agent, { status: 'active' }, version);
    await expect(wakeAsSeen()).rejects.toMatchObject({ code: 'SYSTEM_STOPPED' });
    expect(await world.slots(agent)).toMatchObject({ status: 'inactive', stoppedBy: 'tenant' });
    await resumeAfterStop(world.services, tenant);
    await wake();
  });

  it('lifts nothing else', async () => {
    await shutdown(world.services, tenant);
    expect(await resumeAfterStop(world.services, tenant)).toEqual({ state: 'shutting_down', agents: 0 });
    await expect(submit()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
