import assert from 'node:assert/strict';
import { createAgent } from '#core/agents/create-agent.ts';
import { answerByLink, createLink } from '#core/approvals/links.ts';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { sha256Hex } from '#core/common/hash-id.ts';
import { KeyRequest } from '#core/contract/access.ts';
import { AgentDraft } from '#core/contract/agent.ts';
import { LinkRequest } from '#core/contract/approval-link.ts';
import { keys } from '#core/contract/keys.ts';
import { Quotas, TenantChange, TenantRequest } from '#core/contract/tenant.ts';
import { createKey } from '#core/identity/create-key.ts';
import { Principal } from '#core/identity/principal.ts';
import { revokeKey } from '#core/identity/revoke-key.ts';
import { createTicket, spendTicket } from '#core/identity/tickets.ts';
import { answerOnce } from '#core/repeat/answer-once.ts';
import { set } from '#core/table/conditions.ts';
import { changeTenant, createTenant, readTenant } from '#core/tenants/manage-tenants.ts';
import { takeToken } from '#core/tenants/take-token.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario } from './scene.ts';

const request = LinkRequest.parse({ for: 'ada' });

const asked = KeyRequest.parse({ name: 'ci', role: 'viewer' });

/** Moments at which a clause of keys and tickets decides. */
export const accessScenarios: readonly Scenario[] = [
  {
    write: 'put KEY {isNewKey}',
    clause: 'isNewKey',
    title: 'a request for a key is repeated after the key was revoked',
    play: async ({ services }) => {
      const { keyId } = await createKey(services, owner, asked, 'once');
      await revokeKey(services, tenant, keyId);
      await createKey(services, owner, asked, 'once');
      const stored = await services.table.get(keys.apiKey(tenant, keyId));
      assert.notEqual(stored?.['revokedAt'], undefined);
    },
  },
  {
    write: 'update KEY {isKey}',
    clause: 'isKey',
    title: 'a key that never was is revoked',
    play: async ({ services }) => {
      await orRefused(revokeKey(services, tenant, 'nothing'));
      assert.equal(await services.table.get(keys.apiKey(tenant, 'nothing')), undefined);
    },
  },
  {
    write: 'remove TICKET {stillGood}',
    clause: 'stillGood',
    title: 'a ticket is offered after its minute, while the store has not let it go',
    play: async ({ services, world }) => {
      const { ticket } = await createTicket(services, owner, {});
      world.ports.clock.advance(60_001);
      await refused(spendTicket(services, ticket));
    },
  },
  {
    write: 'put LINK {isNewLink}',
    clause: 'isNewLink',
    title: 'a link is made again under its key after it was used',
    play: async ({ services, world }) => {
      const { taskId } = await world.submit({ kind: 'approval', type: 'ship' });
      const make = () => createLink(services, { principal: owner, taskId, request, repeatSecret: 'said again' });
      const { token } = await make();
      const key = keys.link(sha256Hex(token));
      await services.table.update({ key, set: [set('spentWith', 'denied')], clauses: {} });
      await make();
      await refused(answerByLink(services, token, { decision: 'approved' }));
      assert.equal((await world.task(taskId)).status, 'PENDING');
    },
  },
  {
    write: 'update LINK {stillGood, unspent}',
    clause: 'unspent',
    title: 'two people with one link answer it otherwise at once',
    play: async (scene) => {
      const { services, world } = scene;
      const { taskId } = await world.submit({ kind: 'approval', type: 'ship' });
      const { token } = await createLink(services, { principal: owner, taskId, request });
      scene.before('update LINK {stillGood, unspent}', async () => {
        await services.table.update({
          key: keys.link(sha256Hex(token)),
          set: [set('spentWith', 'denied'), set('spends', 1)],
          clauses: {},
        });
      });
      await orRefused(answerByLink(services, token, { decision: 'approved' }));
      assert.equal((await world.task(taskId)).status, 'PENDING');
    },
  },
  {
    write: 'update LINK {stillGood, unspent}',
    clause: 'stillGood',
    title: 'a link is used in the moment in which its time ends',
    play: async (scene) => {
      const { services, world } = scene;
      const { taskId } = await world.submit({ kind: 'approval', type: 'ship' });
      const { token } = await createLink(services, { principal: owner, taskId, request });
      scene.before('update LINK {stillGood, unspent}', async () => {
        await services.table.update({ key: keys.link(sha256Hex(token)), set: [set('endsAt', 0)], clauses: {} });
      });
      await orRefused(answerByLink(services, token, { decision: 'approved' }));
      assert.equal((await world.task(taskId)).status, 'PENDING');
    },
  },
  {
    write: 'put PROFILE {isNewAgent}',
    clause: 'isNewAgent',
    title: 'an agent is made that has registered already',
    play: async ({ services, world }) => {
      const { agentId } = await world.agent('a');
      await orRefused(createAgent(services, owner, AgentDraft.parse({ name: 'a' })));
      const stored = await services.table.get(keys.profile(tenant, agentId));
      assert.equal(stored?.['owner'], owner.id);
    },
  },
  {
    write: 'put TENANT {isNewTenant}',
    clause: 'isNewTenant',
    title: 'two people make a tenant of one name',
    play: async ({ services }) => {
      const home = Principal.parse({ tenant: 'default', id: 'key:one', role: 'admin' });
      const request = TenantRequest.parse({ tenant: 'newco' });
      await createTenant(services, home, request, 'k');
      await refused(createTenant(services, { ...home, id: 'key:two' }, request, 'k'));
    },
  },
  {
    write: 'update TENANT {sameRev}',
    clause: 'sameRev',
    title: 'two administrators change different quotas at once',
    play: async (scene) => {
      const home = Principal.parse({ tenant: 'default', id: 'key:one', role: 'admin' });
      await createTenant(scene.services, home, TenantRequest.parse({ tenant: 'newco' }), 'k');
      const change = (quotas: object) =>
        changeTenant(scene.services, home, 'newco', { change: TenantChange.parse({ quotas }) });
      scene.before('update TENANT {sameRev}', () => change({ agents: 3 }));
      await change({ openRuns: 4 });
      const { quotas } = await readTenant(scene.services, home, 'newco');
      assert.deepEqual([quotas.agents, quotas.openRuns], [3, 4]);
    },
  },
  {
    write: 'update RATE {withinRate}',
    clause: 'withinRate',
    title: 'two environments take the last request of a minute',
    play: async ({ services }) => {
      const quotas = Quotas.parse({ requestsPerMinute: 1 });
      await services.table.put({ key: keys.tenant(tenant), item: { quotas, rev: 1 }, clauses: {} });
      await takeToken(services, tenant);
      await refused(takeToken({ ...services, cache: createEnvironmentCache(1) }, tenant));
    },
  },
  {
    write: 'put REPLY {firstAnswer}',
    clause: 'firstAnswer',
    title: 'a request is answered twice at once, and asked a third time',
    play: async (scene) => {
      const { services } = scene;
      const ask = (body: string) =>
        answerOnce(services, { principal: owner, idempotencyKey: 'k', request: 1 }, async () => ({
          status: 200,
          body,
        }));
      scene.before('put REPLY {firstAnswer}', () => ask('first'));
      await ask('second');
      assert.equal((await ask('third')).body, 'first');
    },
  },
];
