import assert from 'node:assert/strict';
import { readAgentView } from '#core/agents/agent-view.ts';
import { disconnectAgent, handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { endSlots } from '#core/agents/register-agent.ts';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { stopAgent } from '#core/agents/stop-agent.ts';
import { updateAgent, updateAgentVersion } from '#core/agents/update-agent.ts';
import { keys } from '#core/contract/keys.ts';
import { openConnection } from '#core/identity/connection.ts';
import { sweepAgent } from '#core/sweep/sweep-agent.ts';
import { rejectTask } from '#core/tasks/fail-task.ts';
import { agentIdOf, other, owner, type TestAgent, tenant } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario, type Scene } from './scene.ts';

const attachWrite = 'update SLOTS {newerFrame, sameLimit}';
const exactWrite = 'update SLOTS {notRemoved, sameConfiguration, sameLimit, sameStop}';
const operatorWrite = 'update SLOTS {notRemoved, sameLimit}';
const ownFrameWrite = 'update SLOTS {newerFrame, notRemoved, sameConnection, sameLimit}';

/** The agent comes back over another socket, without the old one's end being told. */
const takeOver = async ({ world }: Scene, name: string, connectionId = `${name}-again`): Promise<void> => {
  await world.connect(connectionId);
  await world.register({ registration: { name }, connectionId });
};

const capable = (name: string) => ({ capabilities: [{ name, confidence: 1 }] });

/** Names of the rosters that an agent is on. */
const rostersOf = ({ world }: Scene, { agentId }: TestAgent): readonly string[] =>
  world.ports.table
    .items()
    .filter((item) => item['agentId'] === agentId && String(item['pk']).includes('#CAP#'))
    .map(({ pk }) => String(pk).split('#CAP#')[1] ?? '')
    .toSorted();

const mismatch: readonly Scenario[] = [
  {
    write: 'update SLOTS {sameProcess}',
    clause: 'sameProcess',
    title: 'another process takes the name over while the old one declines a type',
    play: async (scene) => {
      const { world, services } = scene;
      const a = await world.agent('a');
      const { taskId } = await world.submit({ type: 'write' });
      scene.before('update SLOTS {sameProcess}', () => takeOver(scene, 'a'));
      await rejectTask(services, a, { taskId, attempt: 1, code: 'no_handler' });
      assert.equal((await world.slots(a)).unhandled, undefined);
    },
  },
];

const registration: readonly Scenario[] = [
  {
    write: 'put CONN {isNew}',
    clause: 'isNew',
    title: 'a connect is handled again after the agent has registered',
    play: async ({ world, services }) => {
      const { connectionId, agentId } = await world.agent('a');
      await openConnection(services, connectionId, owner);
      const stored = await services.table.get(keys.connection(connectionId));
      assert.equal(stored?.['agentId'], agentId);
    },
  },
  {
    write: 'update CONN {isOpen, speaksForNobodyElse}',
    clause: 'isOpen',
    title: 'the socket closes while its agent registers',
    play: async (scene) => {
      const { world } = scene;
      await world.connect('c');
      scene.before('update CONN {isOpen, speaksForNobodyElse}', () => handleDisconnect(world.services, 'c'));
      await refused(world.register({ registration: { name: 'a' }, connectionId: 'c' }));
      assert.equal((await world.slots({ agentId: agentIdOf('a') })).connection, undefined);
    },
  },
  {
    write: 'update CONN {isOpen, speaksForNobodyElse}',
    clause: 'speaksForNobodyElse',
    title: 'two agents register over one socket at once',
    play: async (scene) => {
      const { world } = scene;
      await world.connect('c');
      scene.before('update CONN {isOpen, speaksForNobodyElse}', () =>
        world.register({ registration: { name: 'b' }, connectionId: 'c' }),
      );
      await refused(world.register({ registration: { name: 'a' }, connectionId: 'c' }));
    },
  },
  {
    write: 'put NAME {freeOrMine}',
    clause: 'freeOrMine',
    title: 'an agent registers under the name of another',
    play: async ({ world }) => {
      await world.agent('a');
      await world.connect('c');
      const registration = { name: 'a', agentId: agentIdOf('b') };
      await refused(world.register({ registration, connectionId: 'c', principal: other }));
    },
  },
  {
    write: 'remove NAME {mine}',
    clause: 'mine',
    title: 'a removal goes on after its name went to another agent',
    play: async (scene) => {
      const { world, services } = scene;
      const a = await world.agent('a');
      const profile = keys.profile(tenant, a.agentId);
      const table = {
        ...scene.table,
        remove: (request: Parameters<typeof scene.table.remove>[0]) =>
          request.key.sk === profile.sk ? Promise.reject(new Error('killed')) : scene.table.remove(request),
      };
      await assert.rejects(removeAgent({ ...services, table }, owner, a.agentId), /killed/);
      await world.connect('c');
      const agentId = agentIdOf('b');
      await world.register({ registration: { name: 'a', agentId }, connectionId: 'c' });
      await removeAgent(services, owner, a.agentId);
      assert.equal((await services.table.get(keys.agentName(tenant, 'a')))?.['agentId'], agentId);
    },
  },
  {
    write: 'update PROFILE {mine}',
    clause: 'mine',
    title: 'two principals register one agent at once',
    play: async (scene) => {
      const { world } = scene;
      const agentId = agentIdOf('a');
      await world.connect('c');
      await world.connect('d', other);
      scene.before('update PROFILE {mine}', () =>
        world.register({ registration: { name: 'd', agentId }, connectionId: 'd', principal: other }),
      );
      await refused(world.register({ registration: { name: 'c', agentId }, connectionId: 'c' }));
    },
  },
  {
    write: 'update PROFILE {unchanged}',
    clause: 'unchanged',
    title: 'two operators change what an agent can do at once',
    play: async (scene) => {
      const { world, services } = scene;
      const a = await world.agent('a');
      scene.before('update PROFILE {unchanged}', () => updateAgent(services, a, capable('x')));
      await updateAgent(services, a, capable('y'));
      assert.deepEqual(rostersOf(scene, a), ['*', 'y']);
    },
  },
  {
    write: attachWrite,
    clause: 'sameLimit',
    title: 'an operator changes the limit while the agent comes back',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      scene.before(attachWrite, () => updateAgent(scene.services, a, { maxConcurrency: 2 }));
      await takeOver(scene, 'a');
      scene.world.expectBooksToBalance();
    },
  },
  {
    write: attachWrite,
    clause: 'newerFrame',
    title: 'a registration is handled again after a later frame',
    play: async ({ world, services }) => {
      const a = await world.agent('a', { maxConcurrency: 3 });
      await updateAgent(services, a, { maxConcurrency: 2 }, { connection: a.connectionId, seq: 2 });
      await world.register({ registration: { name: 'a', maxConcurrency: 3 }, connectionId: a.connectionId });
      assert.equal((await world.slots(a)).maxConcurrency, 2);
    },
  },
];

const life: readonly Scenario[] = [
  {
    write: 'update SLOTS {sameConnection}',
    clause: 'sameConnection',
    title: 'a heartbeat comes over a socket that was replaced',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await takeOver(scene, 'a');
      await refused(heartbeat(scene.services, a, a.connectionId, { tasks: [] }));
    },
  },
  {
    write: 'update SLOTS {stillItsOwn}',
    clause: 'stillItsOwn',
    title: 'the end of a socket is told after it was replaced',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await takeOver(scene, 'a', 'c');
      await disconnectAgent(scene.services, a, a.connectionId);
      assert.equal((await scene.world.slots(a)).connection, 'c');
    },
  },
  {
    write: 'update SLOTS {sameEpoch}',
    clause: 'sameEpoch',
    title: 'an agent comes back while the sweep takes it for gone',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await handleDisconnect(scene.services, a.connectionId);
      scene.before('update SLOTS {sameEpoch}', () => takeOver(scene, 'a'));
      await sweepAgent(scene.services, await scene.world.slots(a));
      assert.notEqual((await scene.world.slots(a))['sweepKey'], undefined);
    },
  },
  {
    write: 'update SLOTS {exists}',
    clause: 'exists',
    title: 'an agent is removed whose registration died half way',
    play: async (scene) => {
      const { world } = scene;
      await world.connect('c');
      scene.before('update SLOTS {}', () => Promise.reject(new Error('killed')));
      await assert.rejects(world.register({ registration: { name: 'a' }, connectionId: 'c' }), /killed/);
      await removeAgent(scene.services, owner, agentIdOf('a'));
      await world.register({ registration: { name: 'a' }, connectionId: 'c' });
    },
  },
];

const changes: readonly Scenario[] = [
  {
    write: operatorWrite,
    clause: 'sameLimit',
    title: 'two operators change the limit at once',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      scene.before(operatorWrite, () => updateAgent(scene.services, a, { maxConcurrency: 7 }));
      await updateAgent(scene.services, a, { maxConcurrency: 3 });
      scene.world.expectBooksToBalance();
    },
  },
  {
    write: operatorWrite,
    clause: 'sameLimit',
    title: 'an agent that was removed long ago ends while an operator pauses it',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      const key = keys.slots(tenant, a.agentId);
      scene.before(operatorWrite, async () => scene.expire(key));
      await orRefused(updateAgent(scene.services, a, { state: 'paused' }));
      assert.equal(await scene.services.table.get(key), undefined);
    },
  },
  {
    write: operatorWrite,
    clause: 'notRemoved',
    title: 'an operator pauses an agent that was removed',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await removeAgent(scene.services, owner, a.agentId);
      await refused(updateAgent(scene.services, a, { state: 'paused' }));
      assert.equal((await scene.world.slots(a)).paused, undefined);
    },
  },
  {
    write: exactWrite,
    clause: 'notRemoved',
    title: 'an operator wakes an agent that is removed just then',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await updateAgent(scene.services, a, { status: 'inactive' });
      const { version } = await readAgentView(scene.services, tenant, a.agentId);
      scene.before(exactWrite, () => endSlots(scene.services, a));
      await refused(updateAgentVersion(scene.services, a, { status: 'active' }, version));
    },
  },
  {
    write: ownFrameWrite,
    clause: 'notRemoved',
    title: 'an agent that was removed says that it is idle before it hears of it',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await endSlots(scene.services, a);
      await refused(updateAgent(scene.services, a, { status: 'active' }, { connection: a.connectionId, seq: 2 }));
      assert.equal((await scene.world.slots(a)).status, 'inactive');
    },
  },
  {
    write: exactWrite,
    clause: 'sameConfiguration',
    title: 'an operator pauses an agent while another, who saw it active, drains it',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      const { version } = await readAgentView(scene.services, tenant, a.agentId);
      scene.before(exactWrite, () => updateAgent(scene.services, a, { state: 'paused' }));
      await refused(updateAgentVersion(scene.services, a, { status: 'draining' }, version));
    },
  },
  {
    write: exactWrite,
    clause: 'sameStop',
    title: 'an operator wakes an agent that another, of whom it has not heard, stops',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await updateAgent(scene.services, a, { status: 'inactive' });
      const { version } = await readAgentView(scene.services, tenant, a.agentId);
      scene.before(exactWrite, () => stopAgent(scene.services, tenant, a.agentId, { reason: 'Amok.', by: 'agent' }));
      await refused(updateAgentVersion(scene.services, a, { status: 'active' }, version));
      assert.notEqual((await scene.world.slots(a)).stoppedAt, undefined);
    },
  },
  {
    write: exactWrite,
    clause: 'sameLimit',
    title: 'an operator changes the limit while another, who saw the old one, does',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      const { version } = await readAgentView(scene.services, tenant, a.agentId);
      scene.before(exactWrite, () => updateAgent(scene.services, a, { maxConcurrency: 7 }));
      await orRefused(updateAgentVersion(scene.services, a, { maxConcurrency: 3 }, version));
      scene.world.expectBooksToBalance();
    },
  },
  {
    write: ownFrameWrite,
    clause: 'sameLimit',
    title: 'an agent and an operator change the limit at once',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      scene.before(ownFrameWrite, () => updateAgent(scene.services, a, { maxConcurrency: 7 }));
      await updateAgent(scene.services, a, { maxConcurrency: 3 }, { connection: a.connectionId, seq: 2 });
      scene.world.expectBooksToBalance();
    },
  },
  {
    write: ownFrameWrite,
    clause: 'sameConnection',
    title: 'an agent that was replaced asks to pause',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await takeOver(scene, 'a');
      await refused(updateAgent(scene.services, a, { state: 'paused' }, { connection: a.connectionId, seq: 2 }));
    },
  },
  {
    write: ownFrameWrite,
    clause: 'newerFrame',
    title: 'the frames of an agent are handled in the wrong order',
    play: async ({ world, services }) => {
      const a = await world.agent('a');
      const order = (seq: number) => ({ connection: a.connectionId, seq });
      await updateAgent(services, a, { state: 'paused' }, order(3));
      await updateAgent(services, a, { state: 'idle' }, order(2));
      assert.equal((await world.slots(a)).paused, true);
    },
  },
];

export const agentsScenarios: readonly Scenario[] = [...registration, ...mismatch, ...life, ...changes];
