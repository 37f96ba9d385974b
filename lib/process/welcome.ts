import { developmentKey } from '../auth/configured-keys.ts';

/** The text that a developer sees once the service runs. */
export function welcome(host: string, port: string): string {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `
  Latchkey is ready      ${url}
  API documentation      ${url}/docs
  Development key        ${developmentKey}

  Try it:

    curl ${url}/v1/customers -H 'X-API-Key: ${developmentKey}'

`;
}
