import { conflictStats, listConflicts, readConflict } from '#core/conflicts/read-conflicts.ts';
import { reportConflict } from '#core/conflicts/report-conflict.ts';
import { ConflictReport } from '#core/contract/conflict.ts';
import { StatePatch, StatePull } from '#core/contract/state.ts';
import type { Principal } from '#core/identity/principal.ts';
import { patchState } from '#core/state/patch-state.ts';
import { pullState } from '#core/state/pull-state.ts';
import { viewState } from '#core/state/view-state.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { Authors } from './authors.ts';
import type { Chance } from './chance.ts';
import type { Client } from './clients.ts';
import type { Platform } from './platform.ts';

const scope = 'office';

/** Those who count together, disagree, and write what others write. What dies half way is done again. */
export class Sharing {
  private readonly platform: Platform;
  private readonly client: Client;
  private readonly principal: Principal;
  private readonly chance: Chance;
  private readonly authors: Authors;
  /** What was to be counted, and what was confirmed. */
  private tried = 0;
  private readonly confirmed = new Set<string>();

  constructor(platform: Platform, client: Client, principal: Principal) {
    this.platform = platform;
    this.client = client;
    this.principal = principal;
    this.chance = platform.world.storyChance;
    this.authors = new Authors(platform, client, principal);
  }

  /** One deed of three. */
  act(key: string): void {
    const deeds = [() => this.share(key), () => this.disagree(key), () => this.authors.act(key)];
    this.chance.pick(deeds)();
  }

  private share(key: string): void {
    const { client, principal } = this;
    this.tried += 1;
    const ops = [
      { op: 'increment', name: 'deeds' },
      { op: 'addToSet', name: 'keys', value: key },
    ];
    const patch = StatePatch.parse({ scope, ops });
    // Nobody is there any more: whoever is told finds that out.
    const connectionId = `gone-${key}`;
    const pull = StatePull.parse({ scope, join: true });
    client.request('pull state', (services) => pullState(services, { principal, connectionId, pull }));
    client.request(
      'patch state',
      (services) => patchState(services, { principal, patchId: key, patch }),
      () => {
        this.confirmed.add(key);
        this.look();
      },
    );
  }

  /** What was confirmed is counted; what was not may be. A patch's names are written one after the other. */
  private look(): void {
    const { client, principal, platform } = this;
    const counted = this.confirmed.size;
    client.request(
      'look at state',
      (services) => viewState(services, principal, scope, { limit: 10 }),
      ({ view }) => {
        const deeds = view.counters['deeds'] ?? 0;
        const keys = view.sets['keys']?.length ?? 0;
        if (deeds < counted || deeds > this.tried || keys > deeds)
          platform.world.violate('ST-3 each change is counted once', `${deeds} of ${counted}, ${keys} keys`);
      },
    );
    client.look('workload', (services) => viewState(services, principal, 'muster.workload', { limit: 10 }));
  }

  private disagree(key: string): void {
    const { client, principal, chance, platform } = this;
    const { tenant } = principal;
    const first = chance.pick([0.6, 0.85]);
    const report = ConflictReport.parse({
      type: 'design',
      severity: 'high',
      positions: [
        { agentId: 'a', position: 'x', confidence: first },
        { agentId: 'b', position: 'y', confidence: 0.9 },
      ],
    });
    client.look('conflicts', (services) => conflictStats(services, tenant));
    client.request(
      'report conflict',
      (services) => reportConflict(services, { principal, idempotencyKey: key, report }),
      ({ conflictId, escalationId }) => {
        client.look('conflicts', (services) => listConflicts(services, tenant, { limit: 5 }));
        if (escalationId === undefined) return;
        const decision = chance.pick(['position-1', 'none']);
        client.request(
          'decide conflict',
          (services) => answerApproval(services, principal, escalationId, { decision }),
          () =>
            client.request(
              'read conflict',
              (services) => readConflict(services, tenant, conflictId),
              ({ status }) => {
                if (status === 'ESCALATED') platform.world.violate('CR-3 an answer ends a conflict', conflictId);
              },
            ),
        );
      },
    );
  }
}
