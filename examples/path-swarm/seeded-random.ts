import { createHash } from 'node:crypto';

/** A repeatable source of numbers from 0 up to but without 1: the same text gives the same numbers. */
export function seededRandom(text: string): () => number {
  let block = createHash('sha256').update(text).digest();
  let at = 0;
  return () => {
    if (at + 4 > block.length) {
      block = createHash('sha256').update(block).digest();
      at = 0;
    }
    at += 4;
    return block.readUInt32BE(at - 4) / 2 ** 32;
  };
}
