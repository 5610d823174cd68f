import type { Json } from './json.ts';
import type { ContentFilter } from './messaging.ts';
import { isClaimCheck } from './payload.ts';

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
export const isWanted = (where: ContentFilter, content: Json): boolean =>
  isClaimCheck(content) ||
  Object.entries(where).every(([path, values]) => values.some((value) => value === valueAt(content, path)));
