type Write = (message: string) => void;

/** What the embedded server needs of a logger; pino and Fastify's `app.log` have it. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

const discard: Write = () => {};

export const silentLog: Log = { debug: discard, info: discard, warn: discard, error: discard };
