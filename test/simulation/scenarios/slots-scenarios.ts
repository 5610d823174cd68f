import assert from 'node:assert/strict';
import type { SlotEntry } from '#core/agents/agent.ts';
import { breakerChanges, breakerRule } from '#core/agents/breaker.ts';
import {
  type Claim,
  changeSlots,
  claimSlot,
  detachConnection,
  releaseAndClaim,
  releaseSlot,
  revokeClaim,
  type SlotsChange,
} from '#core/agents/slots.ts';
import { newClaimId } from '#core/common/new-id.ts';
import { TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import type { TestAgent } from '#test/unit/core/world.ts';
import type { Scenario, Scene } from './scene.ts';

const taskIdOf = (number: number): TaskId => TaskId.parse(`tsk_00000000-0000-8000-8000-00000000000${number}`);
const [held, wanted, another] = [taskIdOf(1), taskIdOf(2), taskIdOf(3)];

const entryOf = ({ services }: Scene, cost: number): SlotEntry => {
  const at = services.clock.now();
  return { attempt: 1, claim: newClaimId(services), cost, deadline: at + 60_000, at, type: 'work' };
};

const claim = async (scene: Scene, agent: TestAgent, taskId: TaskId, cost = 1): Promise<Claim> => {
  const entry = entryOf(scene, cost);
  const written = await scene.table.update(claimSlot(await scene.world.slots(agent), taskId, entry));
  assert.ok(written.won);
  return { tenant: agent.tenant, agentId: agent.agentId, taskId, claim: entry.claim, cost };
};

/** Five failures in a row, the last `agoMs` ago. */
const openBreaker = async (
  { table, services }: Scene,
  { tenant, agentId }: TestAgent,
  agoMs: number,
): Promise<void> => {
  const failures = { failuresInRow: breakerRule.failures - 1 };
  const { set } = breakerChanges(failures, false, services.clock.now() - agoMs);
  await table.update({ key: keys.slots(tenant, agentId), set, clauses: {} });
};

/** How a slot is claimed, and the name of the write. */
interface Way {
  readonly write: string;
  readonly how: string;
  readonly cost: number;
  readonly isHandover: boolean;
}

const ways: readonly Way[] = [
  {
    write: 'update SLOTS {hasRoom, notHeldYet, sameBreaker, sameConnection, takesWork}',
    how: 'claimed',
    cost: 1,
    isHandover: false,
  },
  {
    write: 'update SLOTS {notHeldYet, sameBreaker, sameConnection, takesWork}',
    how: 'claimed for a task without cost',
    cost: 0,
    isHandover: false,
  },
  {
    write: 'update SLOTS {hasRoom, notHeldYet, sameBreaker, sameClaim, sameConnection, takesWork}',
    how: 'handed over',
    cost: 2,
    isHandover: true,
  },
];

interface Meanwhile {
  readonly clause: string;
  readonly title: string;
  /** Before the slots are read. */
  readonly prepare?: (scene: Scene, agent: TestAgent) => Promise<unknown>;
  readonly happens: (scene: Scene, agent: TestAgent, first: Claim) => Promise<unknown>;
}

const change = async ({ table, world }: Scene, agent: TestAgent, to: SlotsChange): Promise<unknown> =>
  table.update(changeSlots(await world.slots(agent), to));

/** What may happen between a read of the slots and a claim that goes by it, and the clause that then refuses. */
const meanwhile: readonly Meanwhile[] = [
  {
    clause: 'sameBreaker',
    title: 'its breaker opens',
    happens: (scene, agent) => openBreaker(scene, agent, 0),
  },
  {
    clause: 'sameBreaker',
    title: 'a probe passes its half-open breaker',
    prepare: (scene, agent) => openBreaker(scene, agent, 2 * breakerRule.openMs),
    happens: (scene, agent) => claim(scene, agent, another, 0),
  },
  {
    clause: 'notHeldYet',
    title: 'somebody claims for the same task',
    happens: (scene, agent) => claim(scene, agent, wanted),
  },
  {
    clause: 'sameConnection',
    title: 'the agent goes',
    happens: ({ table, services }, agent) =>
      table.update(detachConnection(agent, agent.connectionId, services.clock.now())),
  },
  {
    clause: 'takesWork',
    title: 'the agent pauses',
    happens: (scene, agent) => change(scene, agent, { paused: true }),
  },
  {
    clause: 'takesWork',
    title: 'the agent begins to drain',
    happens: (scene, agent) => change(scene, agent, { status: 'draining' }),
  },
  {
    clause: 'hasRoom',
    title: 'another claim takes the room',
    happens: (scene, agent) => claim(scene, agent, another, 3),
  },
  {
    clause: 'sameClaim',
    title: 'what it holds is released',
    happens: ({ table }, _agent, first) => table.update(releaseSlot(first)),
  },
];

const claimRace = (way: Way, { clause, title, prepare, happens }: Meanwhile): Scenario => ({
  write: way.write,
  clause,
  title: `a slot is ${way.how}, and ${title} after it was read`,
  play: async (scene) => {
    const agent = await scene.world.agent('a', { maxConcurrency: 4 });
    const first = await claim(scene, agent, held);
    await prepare?.(scene, agent);
    const seen = await scene.world.slots(agent);
    await happens(scene, agent, first);
    const entry = entryOf(scene, way.cost);
    const request = way.isHandover
      ? releaseAndClaim(first, seen, { taskId: wanted, entry })
      : claimSlot(seen, wanted, entry);
    const written = await scene.table.update(request);
    assert.equal(written.won, false, `the slot is ${way.how} although ${title}`);
  },
});

const claimRaces: readonly Scenario[] = ways.flatMap((way) =>
  meanwhile
    .filter(({ clause }) => new RegExp(`\\b${clause}\\b`).test(way.write))
    .map((happening) => claimRace(way, happening)),
);

export const slotsScenarios: readonly Scenario[] = [
  ...claimRaces,
  {
    write: 'update SLOTS {sameClaim}',
    clause: 'sameClaim',
    title: 'a claim is released twice',
    play: async (scene) => {
      const agent = await scene.world.agent('a');
      const first = await claim(scene, agent, held);
      await scene.table.update(releaseSlot(first));
      await scene.table.update(releaseSlot(first));
      assert.equal((await scene.world.slots(agent)).freeSlots, 5);
    },
  },
  {
    write: 'update SLOTS {stillHeld}',
    clause: 'stillHeld',
    title: 'a task is taken from an agent that holds it again, under a newer claim',
    play: async (scene) => {
      const agent = await scene.world.agent('a');
      const first = await claim(scene, agent, held);
      await scene.table.update(releaseSlot(first));
      await claim(scene, agent, held);
      await scene.table.update(revokeClaim(first, scene.services.clock.now()));
      assert.equal((await scene.world.slots(agent)).assigned[held]?.revokedAt, undefined);
    },
  },
];
