import type { ClientFrameType } from '#core/contract/client-frames.ts';
import { Mail, type OutgoingMessageInput, SentMessage } from '#core/contract/messaging.ts';
import type { Agent, Companion } from '../agent.ts';
import type { Chance } from '../chance.ts';
import type { Frame } from '../gateway.ts';
import type { Platform } from '../platform.ts';
import type { Ledger } from './ledger.ts';

/** The groups and topics that everybody is in, and one that agents come to and go from. */
export const team = 'team';
const pattern = 'news.#';
const club = 'club';

const repeatMs = 4000;

interface Asked {
  readonly type: ClientFrameType;
  readonly payload: unknown;
}

interface Audience {
  readonly address: Omit<OutgoingMessageInput, 'id' | 'content'>;
  readonly to: readonly Talker[];
  readonly isForOne: boolean;
}

/**
 * An agent that writes to others and reads what they write, as the SDK does: one frame at a time, the same again until it
 * is answered; after each connect it asks for what waits, and holds back what is pushed meanwhile.
 */
export class Talker implements Companion {
  readonly agent: Agent;
  /** It was told that it is registered, and that it has joined. */
  isRegistered = false;
  isMember = false;
  private readonly platform: Platform;
  private readonly ledger: Ledger;
  private readonly chance: Chance;
  private readonly others: readonly Talker[];
  private asked = new Map<string, Asked>();
  private number = 0;
  private names = 0;
  private life = 0;
  private sending: string | undefined;
  private pulling: string | undefined;
  private held: Mail[] = [];
  private isHolding = true;

  constructor(agent: Agent, platform: Platform, ledger: Ledger, others: readonly Talker[]) {
    this.agent = agent;
    this.platform = platform;
    this.ledger = ledger;
    this.chance = platform.world.storyChance;
    this.others = others;
    agent.companion = this;
  }

  connecting(): void {
    if (this.life !== this.agent.life) this.forget();
    this.isHolding = true;
    this.end(this.pulling);
    this.pulling = undefined;
  }

  take(frame: Frame): void {
    const { type, payload, correlationId = '' } = frame;
    switch (type) {
      case 'agent.registered':
        return this.begin();
      case 'message':
        return this.push(Mail.parse(payload));
      case 'message.pulled':
        return this.pulled(correlationId, payload);
      case 'message.sent':
        return this.sent(correlationId, payload);
      case 'ack':
        return this.acknowledged(String(payload['id']));
      case 'error':
        return this.refused(String(payload['id']), payload);
    }
  }

  /** Writes one frame to somebody, unless another is under way. */
  talk(): void {
    if (this.sending !== undefined || !this.agent.isOnline) return;
    if (this.chance.happens(0.1)) return this.comeAndGo();
    const audience = this.audience();
    const { platform, agent, ledger } = this;
    this.number = Math.max(this.number + 1, Math.trunc(platform.world.now));
    const frame = this.name();
    const letters = Array.from({ length: this.chance.between(1, 3) }, (_, index) => ({
      id: `${frame}.${index}`,
      from: agent.agentId,
      number: this.number,
      content: `${frame}.${index} of ${agent.principal.tenant}`,
      to: audience.to.map((talker) => talker.agent.agentId),
      isForOne: audience.isForOne,
    }));
    for (const letter of letters) ledger.wrote(letter);
    const messages = letters.map(({ id, content }) => ({ id, content, ...audience.address }));
    this.sending = frame;
    this.ask(frame, 'message.send', { number: this.number, messages });
    if (this.chance.happens(0.15)) this.misuse(frame, messages);
  }

  /** The same name for something else, as soon as it was answered. */
  private misuse(frame: string, messages: readonly { readonly id: string }[]): void {
    const { number, life } = this;
    this.platform.world.scheduler.after(this.chance.between(100, 20_000), () => {
      if (life !== this.agent.life || !messages.every(({ id }) => this.ledger.isPromised(id))) return;
      const others = messages.map((message) => ({ ...message, content: 'something else' }));
      this.agent.sendAs(frame, 'message.send', { number, messages: others });
    });
  }

  private comeAndGo(): void {
    if (this.chance.happens(0.5)) this.ask(this.name(), 'group.join', { name: club });
    else this.ask(this.name(), 'group.leave', { name: club });
  }

  private audience(): Audience {
    const registered = this.others.filter((talker) => talker.isRegistered);
    const members = registered.filter((talker) => talker.isMember && talker !== this);
    const one = this.chance.pick(registered.length === 0 ? [this] : registered);
    const { name, agentId } = one.agent;
    return this.chance.pick<Audience>([
      { address: { to: name }, to: [one], isForOne: true },
      { address: { to: agentId }, to: [one], isForOne: true },
      { address: { group: team }, to: members, isForOne: false },
      { address: { topic: 'news.local' }, to: members, isForOne: false },
      {
        address: { mode: 'broadcast', filter: { capability: 'talk' } },
        to: registered.filter((talker) => talker !== this),
        isForOne: false,
      },
    ]);
  }

  private name(): string {
    this.names += 1;
    return `${this.agent.name}-f${this.names}`;
  }

  /** Asks until there is an answer, over as many connections as it takes, as long as the process lives. */
  private ask(id: string, type: ClientFrameType, payload: unknown): void {
    const entry = { type, payload };
    this.asked.set(id, entry);
    const again = (): void => {
      if (this.asked.get(id) !== entry || this.life !== this.agent.life) return;
      if (this.agent.isOnline) this.agent.sendAs(id, type, payload);
      this.platform.world.scheduler.after(repeatMs, again);
    };
    again();
  }

  private end(id: string | undefined): void {
    if (id !== undefined) this.asked.delete(id);
  }

  /** A new process knows nothing of what the last one was about. */
  private forget(): void {
    this.life = this.agent.life;
    this.asked = new Map();
    this.sending = undefined;
    this.pulling = undefined;
    this.held = [];
  }

  private begin(): void {
    this.isRegistered = true;
    if (!this.isMember) {
      this.ask(`${this.agent.name}-team`, 'group.join', { name: team });
      this.ask(`${this.agent.name}-news`, 'topic.join', { pattern });
    }
    this.pull({});
  }

  private acknowledged(id: string): void {
    const entry = this.asked.get(id);
    if (entry === undefined || entry.type === 'message.send' || entry.type === 'message.pull') return;
    this.asked.delete(id);
    const names = [`${this.agent.name}-team`, `${this.agent.name}-news`];
    if (names.includes(id)) this.isMember = names.every((name) => !this.asked.has(name));
  }

  private pull(asked: object): void {
    this.end(this.pulling);
    this.pulling = this.name();
    this.ask(this.pulling, 'message.pull', asked);
  }

  private pulled(id: string, payload: Frame['payload']): void {
    if (id !== this.pulling) return;
    for (const mail of Mail.array().parse(payload['mail'])) this.read(mail);
    const { after } = payload;
    if (after !== undefined) return this.pull({ after });
    this.end(id);
    this.pulling = undefined;
    this.isHolding = false;
    for (const mail of this.held.splice(0)) this.read(mail);
  }

  private push(mail: Mail): void {
    if (this.isHolding) this.held.push(mail);
    else this.read(mail);
  }

  /** Deals with it at once, and says so a little later; in between the process may die. */
  private read({ ref, messages }: Mail): void {
    for (const message of messages) this.ledger.arrived(this.agent.agentId, message);
    const { life } = this;
    this.platform.world.scheduler.after(this.chance.between(0, 3000), () => {
      if (life === this.agent.life) this.agent.send('message.ack', { refs: [ref] });
    });
  }

  private sent(id: string, payload: Frame['payload']): void {
    if (id !== this.sending) return;
    for (const result of SentMessage.array().parse(payload['results'])) this.ledger.answered(result);
    this.end(id);
    this.sending = undefined;
  }

  private refused(id: string, { code, retryable }: Frame['payload']): void {
    if (!this.asked.has(id)) return;
    if (code === 'IDEMPOTENCY_MISMATCH')
      this.platform.world.violate('MSG-12 a repeat is the same frame', `${id} is refused`);
    if (retryable === true || code === 'STALE_CONNECTION' || code === 'NOT_REGISTERED' || code === 'UNAUTHENTICATED')
      return;
    this.end(id);
    if (id === this.sending) this.sending = undefined;
  }
}
