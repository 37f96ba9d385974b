type Write = (message: string) => void;

/** The part of a logger that the embedded server needs; pino and Fastify's `app.log` have it. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

const discard: Write = () => {};

export const silentLog: Log = { debug: discard, info: discard, warn: discard, error: discard };
