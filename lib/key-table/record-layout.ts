/**
 * The offset of each field of a key's record, in words of four bytes. A decision reads or writes nearly all of it, and
 * memory comes in lines of 64 bytes: a record lies in two or three of them, and not in one for each of its fields.
 */
export const digestAt = 0;
export const digestWords = 8;
export const idAt = 8;
/** References to what the key shares with others. */
export const grantAt = 12;
export const userAt = 13;
/** Flags, such as active, in the bits above those of the expiry's high word. */
export const expiryAt = 14;
export const windowEndAt = 16;
export const windowCountAt = 18;
export const useCountAt = 19;
export const lastUsedAt = 20;
export const addressHashAt = 21;
export const recordWords = 22;
