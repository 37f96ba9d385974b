/** Keys and their hashes are 64 hex characters; ids have 32. */
const secretLike = /[0-9a-f]{40,}/gi;

/** The text without anything that could be a key, wherever a client may have put one by mistake. */
export const redact = (text: string): string => text.replace(secretLike, '[redacted]');
