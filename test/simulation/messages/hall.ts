import { hashUuid, sha256Hex } from '#core/common/hash-id.ts';
import { AgentId, type TenantId } from '#core/contract/ids.ts';
import { frameNameOf, type Key, keys, mailRefOf } from '#core/contract/keys.ts';
import { limits, timings } from '#core/contract/limits.ts';
import { MessageSending } from '#core/contract/messaging.ts';
import type { Principal } from '#core/identity/principal.ts';
import { sendMessages } from '#core/messaging/send-messages.ts';
import type { Services } from '#core/services.ts';
import type { Item } from '#core/table/table.ts';
import type { Client } from '../clients.ts';
import type { Platform } from '../platform.ts';

/** More of one place than a job serves. */
const members = 4 * limits.inlineRecipients + 20;

/**
 * A group so large that what is said to it is spread from the queue in parts, and parts of parts, with one member whose
 * mailbox is full. Its members are away for good: what counts is that each mailbox has what was promised.
 */
export class Hall {
  private readonly platform: Platform;
  private readonly client: Client;
  private readonly principal: Principal;
  private readonly agentIds: readonly AgentId[];
  private isHeard = false;

  constructor(platform: Platform, client: Client, principal: Principal) {
    this.platform = platform;
    this.client = client;
    this.principal = principal;
    this.agentIds = Array.from({ length: members }, (_, index) => this.agentOf(index));
  }

  /** The member whose mailbox is full. */
  private get hoarder(): AgentId {
    return this.agentOf(0);
  }

  private agentOf(index: number): AgentId {
    return AgentId.parse(`agt_${hashUuid('hall', this.principal.tenant, String(index))}`);
  }

  /** Was there before: as the platform would have written it. */
  async prepare(): Promise<void> {
    const { tenant } = this.principal;
    for (const agentId of this.agentIds) {
      // All begin with the same digit, as members of a far larger group would.
      const place = `0${sha256Hex(agentId).slice(0, 15)}`;
      await this.put(keys.audience(tenant, 'GROUP', 'hall', place), { agentId });
    }
    await this.put(keys.audience(tenant, 'GROUP', 'closet', '0'), { agentId: this.hoarder });
    await this.fill(tenant);
  }

  /** Knocks until every environment has looked into the full mailbox, then calls everybody. */
  begin(): void {
    const { scheduler, storyChance } = this.platform.world;
    for (let knock = 0; knock < 10; knock++) scheduler.after(storyChance.between(0, 60_000), () => this.knock(knock));
    scheduler.after(90_000, () => this.call());
  }

  /** Whoever was promised it and does not have it. */
  missing(): readonly string[] {
    if (!this.isHeard) return [];
    const { tenant, id } = this.principal;
    return this.agentIds
      .filter((agentId) => agentId !== this.hoarder)
      .filter(
        (agentId) => this.platform.monitor.item(keys.mail(tenant, agentId, mailRefOf(id, hallFrame))) === undefined,
      )
      .map((agentId) => `the call to ${agentId}`);
  }

  private async put(key: Key, item: Item): Promise<void> {
    await this.platform.world.table.put({ key, item, clauses: {} });
    this.platform.monitor.knows(key, { ...item, ...key });
  }

  private async fill(tenant: TenantId): Promise<void> {
    const sentAt = this.platform.world.now;
    const expiresAt = sentAt + timings.expiredMailMs;
    const message = { id: 'old', mode: 'direct', from: 'x', content: null, sentAt, expiresAt };
    for (let count = 0; count < limits.mailPerMailbox; count++)
      await this.put(keys.mail(tenant, this.hoarder, mailRefOf('x', `${count}`)), {
        agentId: this.hoarder,
        from: 'x',
        messages: [message],
        sentAt,
        expiresAt,
      });
  }

  /** As often as an environment puts in mail unseen, and once more. */
  private knock(number: number): void {
    const names = Array.from({ length: 17 }, (_, index) => `knock-${number}-${index}`);
    this.client.request(
      'knock',
      async (services) => {
        for (const name of names) await this.say(services, name, 'closet');
      },
      undefined,
      2,
    );
  }

  private call(): void {
    this.client.request(
      'call',
      (services) => this.say(services, 'call', 'hall'),
      (isSpread) => {
        this.isHeard ||= isSpread;
      },
    );
  }

  private async say(services: Services, frameId: string, group: string): Promise<boolean> {
    const { principal } = this;
    const sending = MessageSending.parse({ number: 1, messages: [{ id: frameId, group, content: frameId }] });
    const [sent] = await sendMessages(services, { principal, from: principal.id, frameId, sending });
    return sent?.isSpread === true;
  }
}

/** The name of the call, as the parts of a large audience have it. */
const hallFrame = `${frameNameOf(1, 'call')}~0`;
