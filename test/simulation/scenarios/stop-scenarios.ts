import assert from 'node:assert/strict';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { stopAgent } from '#core/agents/stop-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { emergencyStop, resumeAfterStop } from '#core/system/emergency-stop.ts';
import { initialize, shutdown } from '#core/system/shutdown.ts';
import { readTenantRecord } from '#core/tenants/tenant-record.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario } from './scene.ts';

const reviveWrite = 'update SLOTS {stillRemoved}';
const wakeWrite = 'update SLOTS {notRemoved, sameLimit, sameStop}';

/** What an emergency stop rests on. */
export const stopScenarios: readonly Scenario[] = [
  {
    write: 'update TENANT {notStopped}',
    clause: 'notStopped',
    title: 'somebody stops everything while another opens the system',
    play: async (scene) => {
      scene.before('update TENANT {notStopped}', () => emergencyStop(scene.services, tenant, 'Fire.'));
      await refused(initialize(scene.services, tenant));
      assert.equal((await readTenantRecord(scene.services, tenant)).state, 'stopped');
    },
  },
  {
    write: 'update TENANT {wasStopped}',
    clause: 'wasStopped',
    title: 'a stop is ended once more while the system shuts down',
    play: async ({ services }) => {
      await shutdown(services, tenant);
      await resumeAfterStop(services, tenant);
      assert.equal((await readTenantRecord(services, tenant)).state, 'shutting_down');
    },
  },
  {
    write: wakeWrite,
    clause: 'sameStop',
    title: 'an operator wakes an agent while another stops everything',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      scene.before(wakeWrite, () => emergencyStop(scene.services, tenant, 'Fire.'));
      await refused(updateAgent(scene.services, a, { status: 'active' }));
      assert.equal((await scene.world.slots(a)).status, 'inactive');
    },
  },
  {
    write: wakeWrite,
    clause: 'notRemoved',
    title: 'an operator wakes an agent that was removed',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      await removeAgent(scene.services, owner, a.agentId);
      await refused(updateAgent(scene.services, a, { status: 'active' }));
      assert.equal((await scene.world.slots(a)).status, 'inactive');
    },
  },
  {
    write: wakeWrite,
    clause: 'sameLimit',
    title: 'an operator wakes an agent and gives it room, while another does',
    play: async (scene) => {
      const a = await scene.world.agent('a');
      scene.before(wakeWrite, () => updateAgent(scene.services, a, { maxConcurrency: 7 }));
      await updateAgent(scene.services, a, { status: 'active', maxConcurrency: 3 });
      scene.world.expectBooksToBalance();
    },
  },
  {
    write: reviveWrite,
    clause: 'stillRemoved',
    title: 'an agent that was removed comes back twice, and is stopped in between',
    play: async (scene) => {
      const { services, world } = scene;
      const a = await world.agent('a');
      await removeAgent(services, owner, a.agentId);
      const back = async (connectionId: string) => {
        await world.connect(connectionId);
        return world.register({ registration: { name: 'a' }, connectionId });
      };
      scene.before(reviveWrite, async () => {
        await back('first');
        await stopAgent(services, tenant, a.agentId, { reason: 'Amok.', by: 'agent' });
      });
      await orRefused(back('second'));
      assert.notEqual((await world.slots(a)).stoppedAt, undefined);
    },
  },
];
