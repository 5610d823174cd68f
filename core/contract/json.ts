import * as z from 'zod';
import { limits } from './limits.ts';

/** Any JSON value. */
export type Json = z.infer<ReturnType<typeof z.json>>;

/** A JSON value as a task's input, output or metadata. Object keys may be anything but `__proto__`. */
export const Json = z.json();

/** Text that is equal exactly when the JSON values are: keys in order. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Size of a value as it travels: UTF-8 bytes of its JSON. */
export const jsonBytes = (value: unknown): number => {
  const text = JSON.stringify(value);
  return text === undefined ? 0 : new TextEncoder().encode(text).byteLength;
};

/** Levels of a JSON text that are read at all: far more than any value needs, far fewer than a call stack holds. */
const readableLevels = 64;

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether lists and objects are nested deeper than this; however deep, without recursion. */
export const isDeeperThan = (value: unknown, levels: number): boolean => {
  let level: readonly object[] = [value].filter(isNested);
  for (let depth = 0; depth < levels && level.length > 0; depth++)
    level = level.flatMap((outer) => Object.values(outer).filter(isNested));
  return level.length > 0;
};

/**
 * Numbers that an item can hold. What lies beyond says nothing about any work.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
const isStorable = (value: number): boolean => value === 0 || (Math.abs(value) >= 1e-130 && Math.abs(value) < 1e126);

/** Whether every number in a value can be kept; however deep, without recursion. */
const hasStorableNumbers = (value: unknown): boolean => {
  let level: readonly unknown[] = [value];
  while (level.length > 0) {
    if (level.some((entry) => typeof entry === 'number' && !isStorable(entry))) return false;
    level = level.filter(isNested).flatMap((outer) => Object.values(outer));
  }
  return true;
};

/**
 * A JSON text's value, or `undefined` (which JSON cannot say) when it is none, is nested deeper than 64 levels, or has a
 * number that no item can hold (from 1e126 on, or below 1e-130).
 */
export const readJson = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeperThan(value, readableLevels) || !hasStorableNumbers(value) ? undefined : value;
  } catch {
    return undefined;
  }
};

const keptLevels = limits.inlineLevels - 4;

/** A JSON value that stays in its item whatever it is: an item has 32 levels, and some of them are around it. */
export const KeptJson = Json.refine(
  (value) => !isDeeperThan(value, keptLevels),
  `is nested deeper than ${keptLevels} levels`,
);
