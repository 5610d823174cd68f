import { createHash } from 'node:crypto';
import type { Randomness } from '../ports/randomness.ts';

export { canonicalJson } from '../contract/json.ts';

const versionOf = (bytes: Uint8Array, version: number): Uint8Array => {
  const copy = Uint8Array.from(bytes.subarray(0, 16));
  copy[6] = ((copy[6] ?? 0) & 0x0f) | (version << 4);
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80;
  return copy;
};

const uuidText = (bytes: Uint8Array): string => {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/**
 * A UUID that is the same for the same parts: the first 16 bytes of their SHA-256 (version 8). Parts are framed, so
 * ('ab','c') and ('a','bc') differ.
 */
export const hashUuid = (...parts: readonly string[]): string =>
  uuidText(versionOf(createHash('sha256').update(JSON.stringify(parts)).digest(), 8));

/** A UUIDv7: sorts by time of creation. @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
export const timeUuid = (nowMs: number, random: Randomness): string => {
  const bytes = random.bytes();
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.max(0, Math.trunc(nowMs))));
  return uuidText(versionOf(Uint8Array.from([...time.subarray(2), ...bytes.subarray(6, 16)]), 7));
};

/** SHA-256 of a text in hexadecimal. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
