import assert from 'node:assert/strict';
import { KeyRequest } from '#core/contract/access.ts';
import { keys } from '#core/contract/keys.ts';
import { createKey } from '#core/identity/create-key.ts';
import { revokeKey } from '#core/identity/revoke-key.ts';
import { createTicket, spendTicket } from '#core/identity/tickets.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, refused, type Scenario } from './scene.ts';

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
];
