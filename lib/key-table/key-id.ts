import { hexDigit } from './hex.ts';

/** Words of four bytes in an id without its prefix. */
export const idWords = 4;

const prefix = 'key_';
const idLength = prefix.length + idWords * 8;

/**
 * Reads the 16 bytes of a key's id, the first byte lowest in the first word. By hand, as a regular expression and
 * a Buffer take four times as long, and a start does it for every key.
 * @param id `key_` and 32 lower-case hex digits
 * @param words where to; undefined contents if the id is none
 * @returns whether it is one
 */
export function readKeyId(id: string, words: Uint32Array): boolean {
  if (id.length !== idLength || !id.startsWith(prefix)) return false;
  let invalid = 0;
  for (let word = 0, at = prefix.length; word < idWords; word++) {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 8, at += 2) {
      const byte = (hexDigit(id.charCodeAt(at)) << 4) | hexDigit(id.charCodeAt(at + 1));
      invalid |= byte;
      value |= byte << shift;
    }
    words[word] = value;
  }
  return invalid >= 0;
}

const words = new Uint32Array(idWords);
const bytes = Buffer.from(words.buffer);

/** The id of four words, as `readKeyId` read them. */
export function keyIdOf(first: number, second: number, third: number, fourth: number): string {
  words[0] = first;
  words[1] = second;
  words[2] = third;
  words[3] = fourth;
  return prefix + bytes.toString('hex');
}
