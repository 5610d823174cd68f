import { limits } from '#core/contract/limits.ts';
import { type ValueVersion, ValueWrite, writeOptions } from '#core/contract/value.ts';
import type { Principal } from '#core/identity/principal.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { listVersions, readValue, writeValue } from '#core/values/write-value.ts';
import type { Chance } from './chance.ts';
import type { Client } from './clients.ts';
import type { Platform } from './platform.ts';

/** Of the first, rules and people decide; of the second, agents vote (see `settingsOf`). */
const values = [
  { scope: 'office', name: 'plan' },
  { scope: 'voted', name: 'colour' },
] as const;
type Where = (typeof values)[number];

/** An answer may come more than once: what follows from the first one. */
const onlyOnce = (): ((act: () => void) => void) => {
  let isDone = false;
  return (act) => {
    if (!isDone) act();
    isDone = true;
  };
};

/** Those who write values that others write as well: some have seen the newest, some have not, some at one moment. */
export class Authors {
  private readonly platform: Platform;
  private readonly client: Client;
  private readonly principal: Principal;
  private readonly chance: Chance;
  private readonly startMs: number;
  /** The newest version that was heard of. */
  private readonly newest = new Map<Where, number>();

  constructor(platform: Platform, client: Client, principal: Principal) {
    this.platform = platform;
    this.client = client;
    this.principal = principal;
    this.chance = platform.world.storyChance;
    this.startMs = platform.world.now;
  }

  /** A write; now and then so many that the oldest versions are forgotten. */
  act(key: string): void {
    const where = this.chance.pick(values);
    if (this.chance.happens(0.08)) this.scribble(key, where, limits.keptVersions + 5);
    else this.write(key, where);
  }

  private write(key: string, where: Where): void {
    const { chance, client, principal } = this;
    const newest = this.newest.get(where) ?? 0;
    const write = ValueWrite.parse({
      ...where,
      value: chance.pick([key, { [key]: true }]),
      baseVersion: Math.max(0, newest - chance.pick([0, 1, newest])),
      // Of one moment no clock tells which was first.
      ...(chance.happens(0.6) ? { at: this.startMs } : {}),
    });
    const first = onlyOnce();
    client.request(
      'write value',
      (services) => writeValue(services, { principal, idempotencyKey: key, write }),
      (version) => {
        this.hear(where, version);
        this.mustHold(write, version);
        first(() => {
          this.look(where);
          this.decide(version);
          // Whoever was asked has answered by then, or not.
          this.platform.world.scheduler.after(70_000, () => this.look(where));
        });
      },
    );
  }

  /** People say which of two writes is to hold, unless they leave it. */
  private decide({ resolution }: ValueVersion): void {
    const { chance, client, principal, platform } = this;
    const { escalationId } = resolution ?? {};
    if (escalationId === undefined || chance.happens(0.3)) return;
    const decision = chance.pick(writeOptions);
    platform.world.scheduler.after(chance.between(500, 60_000), () =>
      client.request('decide', (services) => answerApproval(services, principal, escalationId, { decision })),
    );
  }

  private hear(where: Where, version: ValueVersion | undefined): void {
    this.newest.set(where, Math.max(this.newest.get(where) ?? 0, version?.version ?? 0));
  }

  /** A write that was answered is the value, is in the log of those that it met, or waits its turn. */
  private mustHold({ value, scope, name }: ValueWrite, version: ValueVersion): void {
    const wanted = JSON.stringify(value);
    const places = [version, version.resolution?.proposed, ...(version.waiting ?? [])];
    if (!places.some((place) => JSON.stringify(place?.value) === wanted))
      this.platform.world.violate('CR-1 a write is kept', `${scope}/${name}@${version.version} has not ${wanted}`);
  }

  private look(where: Where): void {
    const { client, principal } = this;
    client.request(
      'read value',
      (services) => readValue(services, principal, where),
      (version) => this.hear(where, version),
    );
    client.look('versions', (services) => listVersions(services, principal, where, { limit: 5 }));
  }

  private scribble(key: string, where: Where, times: number): void {
    const { client, principal } = this;
    const { scope, name } = where;
    if (times === 0) return;
    const write = ValueWrite.parse({ scope, name, value: `${key}-${times}`, baseVersion: this.newest.get(where) ?? 0 });
    const first = onlyOnce();
    client.request(
      'scribble',
      (services) => writeValue(services, { principal, idempotencyKey: `${key}-${times}`, write }),
      (version) => {
        this.hear(where, version);
        first(() => this.scribble(key, where, times - 1));
      },
      3,
    );
  }
}
