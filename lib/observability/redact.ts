/** Keys and their hashes are 64 hex characters; ids have 32. In base64 a hash has 43 and an equals sign. */
const secretLike = /[0-9a-f]{40,}|[a-z0-9+/]{43}=/gi;

/** The text without anything that could be a key, wherever a client may have put one by mistake. */
export const redact = (text: string): string => text.replace(secretLike, '[redacted]');
