import { hash, randomBytes } from 'node:crypto';

declare const isKeyDigest: unique symbol;

/** The SHA-256 of a key as a string with a character for each byte, which is how memory looks keys up. */
export type KeyDigest = string & { readonly [isKeyDigest]: true };

/** The parts of a key that are stored. */
export interface ApiKeyHash {
  /** SHA-256 of the key, 32 bytes. */
  hash: Buffer;
  /** Enough for its owner to recognise it: the first and last four characters. */
  displayId: string;
}

/** Makes a key: 32 bytes of the operating system's secure generator, as 64 lower-case hex characters. */
export function newApiKey(): { plaintext: string; digest: ApiKeyHash } {
  const plaintext = randomBytes(32).toString('hex');
  const digest = { hash: Buffer.from(hashOf(plaintext), 'hex'), displayId: displayIdOf(plaintext) };
  return { plaintext, digest };
}

/** The SHA-256 of a key in hex. A key has 256 bits of entropy, so a fast hash without salt is safe. */
export const hashOf = (plaintext: string): string => hash('sha256', plaintext, 'hex');

/**
 * The SHA-256 of a key as a string with a character for each byte, which is how memory looks keys up: of all
 * encodings the fastest to make and to read.
 */
export const digestOf = (plaintext: string): KeyDigest => hash('sha256', plaintext, 'binary') as KeyDigest;

/** The same of the stored hash, 32 bytes. */
export const digestOfHash = (hash: Uint8Array): KeyDigest =>
  Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1') as KeyDigest;

const displayIdOf = (plaintext: string): string => `${plaintext.slice(0, 4)}…${plaintext.slice(-4)}`;
