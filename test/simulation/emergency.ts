import type { TenantId } from '#core/contract/ids.ts';
import { emergencyStop, resumeAfterStop } from '#core/system/emergency-stop.ts';
import type { Client } from './clients.ts';
import type { Platform } from './platform.ts';

/** Somebody who stops everything of a tenant at once, and lets it go on after a while. What dies half way is done again. */
export class Emergency {
  private readonly platform: Platform;
  private readonly client: Client;
  private readonly tenant: TenantId;
  private isOver = false;

  constructor(platform: Platform, client: Client, tenant: TenantId) {
    this.platform = platform;
    this.client = client;
    this.tenant = tenant;
  }

  /** From its answer on nothing may be assigned, until it is ended. Once in a seed: a late repeat of one would cross another. */
  strike(): void {
    const { client, platform, tenant } = this;
    const { scheduler, storyChance } = platform.world;
    client.request(
      'stop everything',
      (services) => emergencyStop(services, tenant, 'Fire.'),
      ({ state }) => {
        if (!this.isOver && state === 'stopped') platform.monitor.stopped.add(tenant);
      },
    );
    scheduler.after(storyChance.between(10_000, 60_000), () => this.end());
  }

  /** Open again, whoever stopped it and whenever that is heard. */
  end(): void {
    this.isOver = true;
    this.platform.monitor.stopped.delete(this.tenant);
    this.client.request('resume everything', (services) => resumeAfterStop(services, this.tenant));
  }
}
