import { describe, expect, it } from 'vitest';
import { AgentId } from '#core/contract/ids.ts';
import { Principal } from '#core/identity/principal.ts';
import { createTicket, spendTicket, ticketAmong } from '#core/identity/tickets.ts';
import { agentIdOf, createWorld, owner } from '../world.ts';

const viewer = Principal.parse({ ...owner, id: 'key:v', role: 'viewer' });

describe('tickets', () => {
  it('open one connection, as their maker, within their minute', async () => {
    const world = createWorld();
    const { ticket, protocols, endsAt } = await createTicket(world.services, viewer, {});
    expect(endsAt - world.ports.clock.now()).toBe(60_000);
    expect(protocols).toEqual(['muster.v1', `ticket.${ticket}`]);
    expect(ticketAmong(protocols)).toBe(ticket);
    expect(JSON.stringify(world.ports.table.items())).not.toContain(ticket);
    expect(await spendTicket(world.services, ticket)).toEqual(viewer);
    await expect(spendTicket(world.services, ticket)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('let only one of two in that offer the same', async () => {
    const world = createWorld();
    const { ticket } = await createTicket(world.services, viewer, {});
    const both = await Promise.allSettled([spendTicket(world.services, ticket), spendTicket(world.services, ticket)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('end by their own time, however late the store lets them go', async () => {
    const world = createWorld();
    const { ticket } = await createTicket(world.services, viewer, {});
    world.ports.clock.advance(60_001);
    await expect(spendTicket(world.services, ticket)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(spendTicket(world.services, 'made-up')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('stand for less than their maker, never for more', async () => {
    const world = createWorld();
    const asked = await createTicket(world.services, owner, { role: 'viewer', agentId: agentIdOf('a') });
    expect(await spendTicket(world.services, asked.ticket)).toMatchObject({
      id: owner.id,
      role: 'viewer',
      agentId: agentIdOf('a'),
    });
    await expect(createTicket(world.services, viewer, { role: 'operator' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    const bound = Principal.parse({ ...owner, agentId: agentIdOf('a') });
    await expect(createTicket(world.services, bound, { agentId: agentIdOf('b') })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      field: 'agentId',
    });
    const kept = await createTicket(world.services, bound, {});
    expect((await spendTicket(world.services, kept.ticket)).agentId).toBe(AgentId.parse(agentIdOf('a')));
  });

  it('keep the limits of the key that they are made with', async () => {
    const world = createWorld();
    const limited = Principal.parse({
      ...owner,
      role: 'agent',
      scopes: ['agents:connect'],
      capabilities: ['review'],
      endsAt: world.ports.clock.now() + 120_000,
    });
    const { ticket } = await createTicket(world.services, limited, {});
    expect(await spendTicket(world.services, ticket)).toEqual(limited);
  });
});
