import * as z from 'zod';

/** Any JSON value. */
export type Json = z.infer<ReturnType<typeof z.json>>;

/** A JSON value as a task's input, output or metadata. Object keys may be anything but `__proto__`. */
export const Json = z.json();

/** Size of a value as it travels: UTF-8 bytes of its JSON. */
export const jsonBytes = (value: unknown): number => {
  const text = JSON.stringify(value);
  return text === undefined ? 0 : new TextEncoder().encode(text).byteLength;
};
