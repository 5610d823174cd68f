import assert from 'node:assert/strict';
import { readConflict } from '#core/conflicts/read-conflicts.ts';
import { reportConflict } from '#core/conflicts/report-conflict.ts';
import { ConflictReport } from '#core/contract/conflict.ts';
import { ConflictId, TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { StatePatch } from '#core/contract/state.ts';
import { ValueWrite } from '#core/contract/value.ts';
import { patchState } from '#core/state/patch-state.ts';
import { viewState } from '#core/state/view-state.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { listVersions, writeValue } from '#core/values/write-value.ts';
import { owner, tenant } from '#test/unit/core/world.ts';
import { orRefused, type Scenario, type Scene } from './scene.ts';

const scope = 'team';

const count = ({ services }: Scene, patchId: string, ...names: readonly string[]) =>
  patchState(services, {
    principal: owner,
    patchId,
    patch: StatePatch.parse({ scope, ops: names.map((name) => ({ op: 'increment', name })) }),
  });

const view = async ({ services }: Scene) => (await viewState(services, owner, scope, { limit: 50 })).view.counters;

const report = ({ services }: Scene, key: string, first = 0.85) =>
  reportConflict(services, {
    principal: owner,
    idempotencyKey: key,
    report: ConflictReport.parse({
      type: 'design',
      severity: 'high',
      positions: [
        { agentId: 'a', position: 'x', confidence: first },
        { agentId: 'b', position: 'y', confidence: 0.9 },
      ],
    }),
  });

const read = ({ services }: Scene, conflictId: string) => readConflict(services, tenant, ConflictId.parse(conflictId));

const answer = ({ services }: Scene, escalationId: string | undefined, decision = 'position-1') =>
  answerApproval(services, owner, TaskId.parse(escalationId), { decision });

/** A conflict that is forgotten just as its end is written down. */
const forgottenAtItsEnd =
  (write: string, decision: string): Scenario['play'] =>
  async (scene) => {
    const { conflictId, escalationId } = await report(scene, 'r');
    await answer(scene, escalationId, decision);
    const key = keys.conflict(tenant, conflictId);
    scene.before(write, async () => scene.expire(key));
    await orRefused(read(scene, conflictId));
    assert.equal(await scene.world.ports.table.get(key), undefined);
  };

const write = ({ services }: Scene, value: string, baseVersion = 0) =>
  writeValue(services, {
    principal: owner,
    idempotencyKey: value,
    write: ValueWrite.parse({ scope, name: 'plan', value, baseVersion }),
  });

/** One after the other, each knowing of the last. */
const writeMany = async (scene: Scene, times: number): Promise<void> => {
  for (let version = 0; version < times; version++) await write(scene, `v${version}`, version);
};

export const stateScenarios: readonly Scenario[] = [
  {
    write: 'put STATE {sameRev}',
    clause: 'sameRev',
    title: 'two count at the same moment',
    play: async (scene) => {
      scene.before('put STATE {sameRev}', () => count(scene, 'other', 'n'));
      await count(scene, 'one', 'n');
      assert.deepEqual(await view(scene), { n: 2 });
    },
  },
  {
    write: 'put SCOPE {sameRev}',
    clause: 'sameRev',
    title: 'two take the last name of a scope',
    play: async (scene) => {
      const names = Array.from({ length: limits.partsPerScope - 1 }, (_, index) => `n${index}`);
      await count(scene, 'first', ...names.slice(0, 100));
      await count(scene, 'second', ...names.slice(100));
      scene.before('put SCOPE {sameRev}', () => count(scene, 'other', 'last'));
      await orRefused(count(scene, 'one', 'more'));
      const parts = scene.world.ports.table.items().filter(({ sk }) => String(sk).startsWith('counter:'));
      assert.equal(parts.length, limits.partsPerScope);
    },
  },
  {
    write: 'put CONFLICT {firstReport}',
    clause: 'firstReport',
    title: 'two reports come under one key',
    play: async (scene) => {
      scene.before('put CONFLICT {firstReport}', () => report(scene, 'r', 0.2));
      await orRefused(report(scene, 'r', 0.3));
      const [stored] = scene.world.ports.table.items().filter(({ sk }) => sk === 'CONFLICT');
      const positions = ConflictReport.parse(stored?.['report']).positions;
      assert.equal(positions[0]?.confidence, 0.2);
    },
  },
  {
    write: 'update CONFLICT {isOpen}',
    clause: 'isOpen',
    title: 'people have been asked, and have answered, before the one that asks has written it down',
    play: async (scene) => {
      scene.before('update CONFLICT {isOpen}', async () => {
        const { conflictId, escalationId } = await report(scene, 'r');
        await answer(scene, escalationId);
        await read(scene, conflictId);
      });
      const { conflictId } = await report(scene, 'r');
      const { log } = await read(scene, conflictId);
      assert.equal(log.at(-1)?.event, 'position-1 was chosen');
    },
  },
  {
    write: 'update CONFLICT {isOpen}',
    clause: 'isOpen',
    title: 'a conflict is forgotten while people are asked',
    play: async (scene) => {
      const { conflictId } = await report(scene, 'other');
      scene.before('update CONFLICT {isOpen}', async () => {
        for (const { pk, sk } of scene.world.ports.table.items())
          if (sk === 'CONFLICT' && !String(pk).endsWith(conflictId)) scene.expire({ pk: String(pk), sk: 'CONFLICT' });
      });
      await orRefused(report(scene, 'r'));
      assert.equal(scene.world.ports.table.items().filter(({ sk }) => sk === 'CONFLICT').length, 1);
    },
  },
  {
    write: 'update CONFLICT to RESOLVED {isOpen}',
    clause: 'isOpen',
    title: 'a conflict is forgotten while its decision is written down',
    play: forgottenAtItsEnd('update CONFLICT to RESOLVED {isOpen}', 'position-1'),
  },
  {
    write: 'update CONFLICT to UNRESOLVED {isOpen}',
    clause: 'isOpen',
    title: 'a conflict is forgotten while it is written down that nobody decided',
    play: forgottenAtItsEnd('update CONFLICT to UNRESOLVED {isOpen}', 'none'),
  },
  {
    write: 'put VALUE {isNext}',
    clause: 'isNext',
    title: 'two write a value that neither has seen',
    play: async (scene) => {
      scene.before('put VALUE {isNext}', () => write(scene, 'other'));
      await write(scene, 'one');
      const { items } = await listVersions(scene.services, owner, { scope, name: 'plan' }, { limit: 10 });
      assert.equal(items.length, 2);
    },
  },
  {
    write: 'put VALUE {isNext}',
    clause: 'isNext',
    title: 'what a slow writer took for the next version is forgotten by now',
    play: async (scene) => {
      scene.before('put VALUE {isNext}', () => writeMany(scene, limits.keptVersions + 1));
      await write(scene, 'slow');
      const { items } = await listVersions(scene.services, owner, { scope, name: 'plan' }, { limit: 1 });
      assert.ok(JSON.stringify(items).includes('slow'), 'the slow write is in the newest version');
    },
  },
  {
    write: 'update VALUE {isThere}',
    clause: 'isThere',
    title: 'a version expires while it is forgotten',
    play: async (scene) => {
      await writeMany(scene, limits.keptVersions);
      scene.before('update VALUE {isThere}', async () => scene.expire(keys.value(owner.tenant, scope, 'plan', 1)));
      await write(scene, 'next', limits.keptVersions);
      const all = { scope, name: 'plan' };
      const { items } = await listVersions(scene.services, owner, all, { limit: 100 });
      assert.equal(items.length, limits.keptVersions);
    },
  },
];
