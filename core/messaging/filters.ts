import type { RosterEntry } from '../agents/agent.ts';
import type { Json } from '../contract/json.ts';
import type { AudienceFilter, ContentFilter } from '../contract/messaging.ts';

/** Whether a broadcast is for an agent. */
export const isAmong = ({ capability, type, labels = {} }: AudienceFilter, agent: RosterEntry): boolean =>
  (capability === undefined || agent.capabilities.some(({ name }) => name === capability)) &&
  (type === undefined || agent.type === type) &&
  Object.entries(labels).every(([name, value]) => agent.labels[name] === value);

const valueAt = (content: Json, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Reflect.get(value, name)
          : undefined,
      content,
    );

/** Whether a subscriber wants a message of this content. What travels as a claim check has no paths: it is wanted. */
export const isWanted = (where: ContentFilter, content: Json, isClaimCheck: boolean): boolean =>
  isClaimCheck ||
  Object.entries(where).every(([path, values]) => values.some((value) => value === valueAt(content, path)));
