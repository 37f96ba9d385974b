import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
/** NIST SP 800-38D, 8.2.2 and 8.3: 96 random bits, good for 2³² texts under one key. */
const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a text and protects it from change.
 * @param key 32 bytes
 * @param context what the text belongs to: it opens there and nowhere else
 */
export function seal(key: Uint8Array, context: Uint8Array, text: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(context);
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]);
}

/** @throws when it was sealed with another key or for another context, or was changed since */
export function open(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): string {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(context)
    .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  return decipher.update(sealed.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
}
