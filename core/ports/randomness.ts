/** Where chance comes from, so that a test can replay it. */
export interface Randomness {
  /** A number in [0, 1). */
  fraction(): number;
  /** 16 random bytes. */
  bytes(): Uint8Array;
}
