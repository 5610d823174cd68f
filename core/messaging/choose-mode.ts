import type { AudienceFilter, MessageMode, OutgoingMessage } from '../contract/messaging.ts';
import { InvalidFieldError } from '../errors/errors.ts';

/** Whom a message is for. */
export type Audience =
  | { readonly kind: 'agent'; readonly to: string }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'all'; readonly filter: AudienceFilter };

/** A message's mode, once `auto` is decided, and its audience. */
export interface Addressed {
  readonly mode: Exclude<MessageMode, 'auto'>;
  readonly audience: Audience;
}

type Named = Pick<OutgoingMessage, 'mode' | 'to' | 'group' | 'topic' | 'filter' | 'correlationId'>;

/** What each mode is addressed by; nothing else may be named beside it. */
const addressOf = {
  direct: 'to',
  request: 'to',
  reply: 'to',
  multicast: 'group',
  publish: 'topic',
  broadcast: 'filter',
} as const satisfies Record<Addressed['mode'], keyof Named>;

/** Channels as older clients name them: `agent.<agent>`, `broadcast.all`, `broadcast.<capability>`. */
const readChannel = (message: Named): Named => {
  const { to, ...rest } = message;
  if (message.mode !== 'auto' || to === undefined) return message;
  const [, kind, name = ''] = /^(agent|broadcast)\.(.+)$/.exec(to) ?? [];
  if (kind === 'agent') return { ...rest, to: name };
  if (kind === 'broadcast') return { ...rest, filter: name === 'all' ? {} : { capability: name } };
  return message;
};

/** The protocol that an audience calls for: one agent, a group, whoever subscribed, or everybody that fits. */
const modeOf = ({ to, group, topic, correlationId }: Named): Addressed['mode'] => {
  if (to !== undefined) return correlationId === undefined ? 'direct' : 'reply';
  if (group !== undefined) return 'multicast';
  return topic === undefined ? 'broadcast' : 'publish';
};

const audienceOf = ({ to, group, topic, filter = {} }: Named): Audience => {
  if (to !== undefined) return { kind: 'agent', to };
  if (group !== undefined) return { kind: 'group', group };
  return topic === undefined ? { kind: 'all', filter } : { kind: 'topic', topic };
};

const requireAddress = (message: Named): void => {
  const { mode, to, group, topic, filter } = message;
  if (mode === 'auto' && [to, group, topic, filter].every((address) => address === undefined))
    throw new InvalidFieldError(
      'to',
      'A message names whom it is for: to (an agent), group, topic or filter. One for every agent says mode broadcast.',
    );
};

/**
 * Whether messages are all for one agent that they name alike. Says the same of the same messages whoever there is: an
 * audience changes, and a frame that comes again must be known again.
 */
export const areForOne = (messages: readonly Named[]): boolean => {
  const addresses = messages.map((message) => {
    const { to, group, topic, filter } = readChannel(message);
    return [group, topic, filter].every((address) => address === undefined) ? to : undefined;
  });
  const [first] = addresses;
  return first !== undefined && addresses.every((to) => to === first);
};

/**
 * How a message finds its recipients.
 * @throws InvalidFieldError for one that names nobody, or two audiences, or a reply that does not say to what.
 */
export const chooseMode = (message: Named): Addressed => {
  requireAddress(message);
  const named = readChannel(message);
  const mode = named.mode === 'auto' ? modeOf(named) : named.mode;
  const address = addressOf[mode];
  const missing = named[address] === undefined && address !== 'filter';
  if (missing) throw new InvalidFieldError(address, `A message of mode ${mode} needs ${address}.`);
  const beside = (['to', 'group', 'topic', 'filter'] as const).find(
    (name) => name !== address && named[name] !== undefined,
  );
  if (beside !== undefined)
    throw new InvalidFieldError(
      beside,
      `A message of mode ${mode} is addressed by ${address} alone, not by ${beside}.`,
    );
  if (mode === 'reply' && named.correlationId === undefined)
    throw new InvalidFieldError('correlationId', 'A reply names the request that it answers.');
  return { mode, audience: audienceOf(named) };
};
