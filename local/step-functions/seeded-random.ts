const multiplier = 0x5deece66dn;
const mask = (1n << 48n) - 1n;

/**
 * The first number in [0, 1) after a seed, of the generator that AWS draws from: 48 bits, linear congruential, as
 * specified for `java.util.Random`. A fraction in the seed is cut off.
 */
export function seededRandom(seed: number): number {
  let state = (BigInt(Math.trunc(seed)) ^ multiplier) & mask;
  const next = (bits: bigint): number => {
    state = (state * multiplier + 0xbn) & mask;
    return Number(state >> (48n - bits));
  };
  const high = next(26n);
  return (high * 2 ** 27 + next(27n)) / 2 ** 53;
}
