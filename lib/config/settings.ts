import { type SchemaOptions, type Static, Type } from '@sinclair/typebox';

/** Which requests get a line in the log. */
export type AccessLog = 'all' | 'failures' | 'off';

/**
 * How a setting is documented. Messages, `.env.example` and the table of docs/configuration.md come from here.
 * `description` completes "NAME must be …".
 */
export interface SettingOptions extends SchemaOptions {
  description: string;
  /** Sentences for the table and `.env.example`. */
  doc: string;
  /** A value for `.env.example`, where the default says nothing. */
  example?: string;
}

/** Keeps the compiler checking the options of a setting, which TypeBox takes in any form. */
const about = <Options extends SettingOptions>(options: Options): Options => options;

const oneOf = <const T extends string[]>(values: T, doc: string, fallback?: T[number]) =>
  Type.Unsafe<T[number]>({
    enum: values,
    ...(fallback !== undefined && { default: fallback }),
    ...about({ description: `one of ${values.join(', ')}`, doc }),
  });

const port = { minimum: 0, maximum: 65_535, description: 'a port from 0 to 65535' };
const webUrl = { format: 'web', description: 'a URL that begins with http:// or https:// and has no #' };
const namedKeys = 'a list of <id>:<32 bytes in base64>, with commas between them';

/** The setting of a port. */
export const portSetting = <Default extends number | undefined>(doc: string, fallback?: Default) =>
  Type.Integer({ ...(fallback !== undefined && { default: fallback }), ...port, ...about({ ...port, doc }) });

export const logLevel = oneOf(
  ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
  'The least severe log lines that are written.',
  'info',
);

export const metricsHost = Type.String({
  default: '127.0.0.1',
  ...about({
    description: 'a host',
    doc: 'The address that serves metrics. With `0.0.0.0` other machines reach them too.',
  }),
});

/** The settings of the service, as an operator writes them. */
export const Settings = Type.Object({
  NODE_ENV: oneOf(
    ['production', 'development', 'test'],
    '`development`, which `make run` sets, accepts the development key of the README; `production` refuses it.',
    'production',
  ),
  HOST: Type.String({
    default: 'localhost',
    ...about({
      description: 'a host',
      doc: 'The address that serves the API. `localhost` is 127.0.0.1 alone.',
    }),
  }),
  PORT: portSetting('The port that serves the API.', 8080),
  MAX_CONNECTIONS: Type.Integer(
    about({
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000,
      description: 'a number from 1 to 1000000',
      doc: 'Connections of clients that may be open at once, in each process. Beyond it none is accepted.',
    }),
  ),
  API_DOCS: Type.Optional(
    oneOf(
      ['on', 'off'],
      'Serves `/openapi.json` and its pages at `/docs`. By default `on`, and in production `off`.',
    ),
  ),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      ...port,
      ...about({
        ...port,
        doc: 'The port that serves Prometheus metrics at `/metrics`. None by default ([monitoring](monitoring.md)).',
        example: '9464',
      }),
    }),
  ),
  METRICS_HOST: metricsHost,
  DATABASE_URL: Type.Optional(
    Type.String(
      about({
        format: 'postgres',
        description: 'a URL that begins with postgres://',
        doc: 'Your PostgreSQL (tested with 15 and 18). Production needs it, unless `EMBEDDED_POSTGRES` is `on`.',
        example: 'postgres://latchkey:password@localhost:5432/latchkey',
      }),
    ),
  ),
  EMBEDDED_POSTGRES: Type.Optional(
    oneOf(
      ['on', 'off'],
      'Without `DATABASE_URL`: `on` runs an embedded PostgreSQL in `DATA_DIR`, `off` refuses to start. By default `on`, ' +
        'and in production `off`.',
    ),
  ),
  DATA_DIR: Type.String(
    about({ default: './data', description: 'a folder', doc: 'The folder of the embedded PostgreSQL.' }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String(
      about({
        ...webUrl,
        doc: 'The collector that traces are sent to, by OTLP over HTTP. None by default ([traces](monitoring.md#traces)).',
        example: 'http://localhost:4318',
      }),
    ),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number(
    about({
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'a number from 0 to 1',
      doc: 'The share of the traces beginning here that is sent.',
    }),
  ),
  REDIS_URL: Type.Optional(
    Type.String(
      about({
        format: 'redis',
        description: 'a URL that begins with redis:// or rediss://',
        doc: 'Counts rate limits across all processes. Without it each process counts for itself.',
        example: 'redis://localhost:6379',
      }),
    ),
  ),
  API_KEYS: Type.String(
    about({
      default: '{}',
      description: 'a JSON object: {"<sha256 of the key>": {"tenant_id": …}}',
      doc:
        'The operator\'s own keys, by the SHA-256 of each (`KEY=$(openssl rand -hex 32); printf %s "$KEY" | sha256sum`). ' +
        'A request may select another environment of the tenant with `X-Environment-ID`, by name or id.',
      example:
        '{"<sha256>": {"tenant_id": "tenant_acme", "user_id": "user_ops", "name": "Operations", ' +
        '"is_active": true, "environment_id": "production"}}',
    }),
  ),
  MASTER_KEYS: Type.String(
    about({
      default: '',
      description: namedKeys,
      doc:
        'The keys that seal stored signing secrets (`echo "2026-11:$(openssl rand -base64 32)"`). The first seals, ' +
        'all open ([webhooks](webhooks.md)).',
    }),
  ),
  SESSION_KEYS: Type.String(
    about({
      default: '',
      description: namedKeys,
      doc:
        'The keys that sign portal sessions, the same on all replicas and used for nothing else. The first signs, all ' +
        'are accepted ([sessions](sessions.md)).',
    }),
  ),
  SESSION_SECONDS: Type.Integer(
    about({
      default: 3_600,
      minimum: 1,
      maximum: 86_400,
      description: 'a number of seconds from 1 to 86400',
      doc: 'The lifetime of a portal session.',
    }),
  ),
  PORTAL_URL: Type.String(
    about({ default: 'http://localhost:3000', ...webUrl, doc: 'The URL of your customer portal.' }),
  ),
  IDENTITY_KEYS: Type.String(
    about({
      default: '',
      description: namedKeys,
      doc:
        'Turns signed identities on. Requires `TRUSTED_PROXIES`. The first key signs, all are published ' +
        '([signed identity](signed-identity.md)).',
    }),
  ),
  TRUSTED_PROXIES: Type.String(
    about({
      default: '',
      format: 'networks',
      description: 'IP addresses or networks such as 10.0.0.0/8, with commas between them',
      doc:
        'The proxies whose `X-Forwarded-…` headers are believed. Name yours, or all requests come from one address ' +
        '([forward-auth](forward-auth.md)).',
      example: '127.0.0.1,10.0.0.0/8',
    }),
  ),
  FAILED_AUTH_LIMIT: Type.Integer(
    about({
      default: 300,
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'a number of refused requests in a minute, 0 for any',
      doc:
        'Requests with unknown keys that one address may send in a minute; likewise requests with one expired or inactive ' +
        'key, and unsigned webhooks from one address to one environment. Beyond it such requests are refused with 429. An ' +
        'accepted key is never refused for it. 0 sets no bound.',
    }),
  ),
  CHANGES_PER_SECOND: Type.Integer(
    about({
      default: 50,
      minimum: 0,
      maximum: 1_000_000,
      description: 'a number of changes in a second, 0 for any',
      doc: 'Changes that each tenant may make in a second, and four times as many at once. 0 sets no bound.',
    }),
  ),
  LISTINGS_PER_SECOND: Type.Integer(
    about({
      default: 20,
      minimum: 0,
      maximum: 1_000_000,
      description: 'a number of listings in a second, 0 for any',
      doc: 'Listings and reports that each tenant may ask for in a second, and five times as many at once. 0 sets no bound.',
    }),
  ),
  WORKERS: Type.Integer(
    about({
      default: 1,
      minimum: 1,
      maximum: 256,
      description: 'a number from 1 to 256',
      doc: 'Processes that share the port, each a replica with all keys in memory.',
    }),
  ),
  AUTH_STALE_IF_ERROR_SECONDS: Type.Integer(
    about({
      default: 0,
      minimum: 0,
      maximum: 86_400,
      description: 'a number of seconds from 0 to 86400',
      doc:
        'How long keys are decided on without a lease while the database is unreachable. A key that was revoked ' +
        'meanwhile is still accepted: availability for strictness.',
    }),
  ),
  ACCESS_LOG: Type.Optional(
    oneOf(
      ['all', 'failures', 'off'],
      'Requests that get a line in the log: `all`, `failures` (those that failed or changed something), or none ' +
        '(`off`). By default `failures`, and in development `all`.',
    ),
  ),
  LOG_LEVEL: logLevel,
});
export type Settings = Static<typeof Settings>;
