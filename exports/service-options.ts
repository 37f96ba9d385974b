/**
 * The address of a service, as what paths are added to.
 * @throws without repeating it: it may have a password
 */
export function baseOf(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : null;
  // `fetch` takes no user and no password, and a query would get lost.
  const isUsable = base !== null && /^https?:$/.test(base.protocol) && base.username + base.password === '';
  if (!isUsable || base.search + base.hash !== '')
    throw new Error('url must be of http or https, without a user, a password, a query and a fragment');
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

/**
 * A key as a header can say it.
 * @throws without repeating it, as `fetch` would at each request
 */
export function sendableKey(apiKey: string): string {
  const key = apiKey.trim();
  if (!/^[!-~]*$/.test(key)) throw new Error('apiKey has characters that no key has');
  return key;
}
