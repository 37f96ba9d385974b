/**
 * A keyed 32-bit hash of eight words: HalfSipHash-1-3 (Aumasson and Bernstein, the 32-bit SipHash that Linux
 * uses for its hash tables). An importer can choose digests, so a table must not be addressed
 * by their own bits: with a secret seed nobody can choose digests that collide.
 * @param words holds the eight words from `at` on
 * @returns an integer from 0 to 2^32 - 1
 */
export function digestHash(words: Uint32Array, at: number, seedLow: number, seedHigh: number): number {
  let v0 = seedLow;
  let v1 = seedHigh;
  let v2 = seedLow ^ 0x6c796765;
  let v3 = seedHigh ^ 0x74656462;
  // Eight rounds absorb the words, one the length, three finish: those absorb a zero, which changes nothing.
  for (let round = 0; round < 12; round++) {
    const word = round < 8 ? (words[at + round] ?? 0) : round === 8 ? lengthBlock : 0;
    if (round === 9) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

/** The last block of a message of 32 bytes: its length in the top byte. */
const lengthBlock = 32 << 24;
