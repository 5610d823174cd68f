import type { Principal } from '#core/identity/principal.ts';
import { Agent } from '../agent.ts';
import { type Chance, createChance } from '../chance.ts';
import type { Client } from '../clients.ts';
import { dramasOf } from '../dramas.ts';
import type { Platform } from '../platform.ts';
import { Hall } from './hall.ts';
import { Ledger } from './ledger.ts';
import { Talker } from './talker.ts';

/** One tenant's agents that write to each other, in every second seed; in a few, a group that fills a hall. */
export class Correspondence {
  private readonly chance: Chance;
  private readonly ledger: Ledger;
  private readonly talkers: Talker[] = [];
  private readonly hall: Hall | undefined;

  constructor(platform: Platform, client: Client, principal: (id: string) => Principal) {
    const { world } = platform;
    const talks = principal('talkers');
    // Decides who there is, and nothing else: what others do in a seed stays as it was.
    this.chance = createChance(world.seed, talks.tenant === 'acme' ? 4 : 5);
    this.ledger = new Ledger(world);
    const count = this.chance.happens(0.5) ? this.chance.between(2, 3) : 0;
    for (let index = 0; index < count; index++) {
      const name = `${talks.tenant}-t${index}`;
      const agent = new Agent(platform, talks, { name, capabilities: ['talk'], taskTypes: ['none'] });
      this.talkers.push(new Talker(agent, platform, this.ledger, this.talkers));
    }
    const isPlayed = dramasOf(world.seed, talks.tenant).includes('a full hall');
    this.hall = this.chance.happens(0.06) || isPlayed ? new Hall(platform, client, principal('client')) : undefined;
  }

  get agents(): readonly Agent[] {
    return this.talkers.map(({ agent }) => agent);
  }

  async prepare(): Promise<void> {
    await this.hall?.prepare();
  }

  begin(): void {
    this.hall?.begin();
  }

  /** Somebody says something. */
  act(): void {
    if (this.talkers.length > 0) this.chance.pick(this.talkers).talk();
  }

  /** What was promised and is nowhere. */
  missing(): readonly string[] {
    return [...this.ledger.missing(), ...(this.hall?.missing() ?? [])];
  }
}
