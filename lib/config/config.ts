import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseEnv } from 'node:util';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import {
  type ConfiguredKeys,
  developmentConfiguredKey,
  developmentKeyDigest,
} from '../auth/configured-keys.ts';
import type { NamedKey } from '../crypto/named-key.ts';
import type { SessionSettings } from '../sessions/issue-session.ts';
import { readConfiguredKeys } from './configured-keys-setting.ts';
import { readNamedKeys } from './named-keys-setting.ts';

export const oneOf = <const T extends string[]>(values: T, fallback: T[number]) =>
  Type.Unsafe<T[number]>({ enum: values, default: fallback, description: `one of ${values.join(', ')}` });

/** The formats of the settings. */
const formats = {
  postgres: (text: string) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
  redis: (text: string) => /^rediss?:\/\//.test(text) && URL.canParse(text),
  web: isWebUrl,
  webs: (text: string) => parseList(text).every(isWebUrl),
  networks: (text: string) => parseList(text).every(isNetwork),
};

export const port = { minimum: 0, maximum: 65_535, description: 'a port from 0 to 65535' };

/** The settings as an operator writes them. Each description completes "NAME must be …". */
const Settings = Type.Object({
  NODE_ENV: oneOf(['production', 'development', 'test'], 'production'),
  HOST: Type.String({ default: 'localhost' }),
  PORT: Type.Integer({ default: 8080, ...port }),
  METRICS_HOST: Type.String({ default: '127.0.0.1' }),
  METRICS_PORT: Type.Optional(Type.Integer(port)),
  DATABASE_URL: Type.Optional(
    Type.String({ format: 'postgres', description: 'a URL that begins with postgres://' }),
  ),
  DATA_DIR: Type.String({ default: './data' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({ format: 'web', description: 'a URL that begins with http:// or https:// and has no #' }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    description: 'a number from 0 to 1',
  }),
  REDIS_URL: Type.Optional(
    Type.String({ format: 'redis', description: 'a URL that begins with redis:// or rediss://' }),
  ),
  API_KEYS: Type.String({ default: '{}' }),
  MASTER_KEYS: Type.String({ default: '' }),
  SESSION_KEYS: Type.String({ default: '' }),
  IDENTITY_KEYS: Type.String({ default: '' }),
  SESSION_SECONDS: Type.Integer({
    default: 3_600,
    minimum: 1,
    maximum: 86_400,
    description: 'a number of seconds from 1 to 86400',
  }),
  PORTAL_URL: Type.String({
    default: 'http://localhost:3000',
    format: 'web',
    description: 'a URL that begins with http:// or https:// and has no #',
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    format: 'networks',
    description: 'IP addresses or networks such as 10.0.0.0/8, with commas between them',
  }),
  FAILED_AUTH_LIMIT: Type.Integer({
    default: 300,
    minimum: 0,
    maximum: 1_000_000_000,
    description: 'a number of refused keys in a minute, 0 for any',
  }),
  AUTH_STALE_IF_ERROR_SECONDS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 86_400,
    description: 'a number of seconds from 0 to 86400',
  }),
  WORKERS: Type.Integer({ default: 1, minimum: 1, maximum: 256, description: 'a number from 1 to 256' }),
  ACCESS_LOG: Type.Optional(
    Type.Unsafe<AccessLog>({ enum: ['all', 'failures', 'off'], description: 'one of all, failures, off' }),
  ),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
});
type Settings = Static<typeof Settings>;

/** Which requests get a line: all of them, those that failed or changed something, or none. */
export type AccessLog = 'all' | 'failures' | 'off';

export interface TracingSettings {
  /** The endpoint that traces are sent to, by OTLP over HTTP: the URL without `/v1/traces`. */
  endpoint: string;
  /** The share of traces that begin here of which anything is sent, 0 to 1. */
  share: number;
}

export interface Config {
  nodeEnv: Settings['NODE_ENV'];
  host: string;
  port: number;
  metricsHost: string;
  /** The port that serves Prometheus metrics; `null`: none. */
  metricsPort: number | null;
  /** `null`: nothing is traced. */
  tracing: TracingSettings | null;
  /** `null`: an embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | null;
  dataDir: string;
  /** `null`: limits are counted in this process. */
  redisUrl: string | null;
  configuredKeys: ConfiguredKeys;
  /** The keys that seal stored secrets: the first seals, all open. None: no secret can be stored. */
  masterKeys: NamedKey[];
  /** The keys that sign sessions: the first signs, all are accepted. None: no session can be issued. */
  sessionKeys: NamedKey[];
  session: SessionSettings;
  /** The keys that sign identities: the first signs, all are published. None: nothing is signed. */
  identityKeys: NamedKey[];
  /** Addresses and networks whose `X-Forwarded-…` headers are believed. */
  trustedProxies: string[];
  /** Refused keys that one address may present in a minute; 0: any number. */
  failedAuthLimit: number;
  /** How long keys are decided on by a state that may be old while the database is unreachable; 0: not at all. */
  staleIfErrorSeconds: number;
  /** Processes that share the port. */
  workers: number;
  accessLog: AccessLog;
  logLevel: Settings['LOG_LEVEL'];
}

/** Every mistake in the configuration, in one message. */
export class ConfigError extends Error {
  constructor(mistakes: string[]) {
    super(`The configuration is wrong:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the configuration of the service.
 * @throws ConfigError with every mistake
 */
export const readConfig = (): Config => parseConfig(readEnvironment());

/** The settings of the environment, and of `.env` in the working folder where the environment sets none. An empty value counts as unset. */
export const readEnvironment = (): NodeJS.Dict<string> => ({ ...readDotEnv(), ...withoutEmpty(process.env) });

/**
 * Checks settings by the one schema.
 * @param environment names and values as in the environment
 * @throws ConfigError with every mistake
 */
export function parseConfig(environment: NodeJS.Dict<string>): Config {
  const mistakes: string[] = [];
  const settings = readSettings(Settings, environment, mistakes);
  const configuredKeys = readConfiguredKeys(environment['API_KEYS'] ?? '{}', mistakes);
  const isProduction = settings?.NODE_ENV !== 'development' && settings?.NODE_ENV !== 'test';
  if (isProduction) refuseDevelopmentKey(configuredKeys, mistakes);
  const masterKeys = readNamedKeys('MASTER_KEYS', environment, isProduction, mistakes);
  const sessionKeys = readNamedKeys('SESSION_KEYS', environment, isProduction, mistakes);
  const identityKeys = readNamedKeys('IDENTITY_KEYS', environment, isProduction, mistakes);
  if (identityKeys.length > 0 && settings?.TRUSTED_PROXIES === '')
    mistakes.push('IDENTITY_KEYS needs TRUSTED_PROXIES: only of them it is believed what is to be signed');
  if (settings === null || mistakes.length > 0) throw new ConfigError(mistakes);
  if (settings.NODE_ENV !== 'production' && !configuredKeys.has(developmentKeyDigest)) {
    configuredKeys.set(developmentKeyDigest, developmentConfiguredKey);
  }
  return {
    nodeEnv: settings.NODE_ENV,
    host: settings.HOST,
    port: settings.PORT,
    metricsHost: settings.METRICS_HOST,
    metricsPort: settings.METRICS_PORT ?? null,
    tracing: tracingOf(settings),
    databaseUrl: settings.DATABASE_URL ?? null,
    dataDir: settings.DATA_DIR,
    redisUrl: settings.REDIS_URL ?? null,
    configuredKeys,
    masterKeys,
    sessionKeys,
    session: { lifetimeSeconds: settings.SESSION_SECONDS, portalUrl: settings.PORTAL_URL },
    identityKeys,
    trustedProxies: parseList(settings.TRUSTED_PROXIES),
    failedAuthLimit: settings.FAILED_AUTH_LIMIT,
    staleIfErrorSeconds: settings.AUTH_STALE_IF_ERROR_SECONDS,
    workers: settings.WORKERS,
    // Writing a line for each request would cost a third of what the service can do.
    accessLog: settings.ACCESS_LOG ?? (settings.NODE_ENV === 'production' ? 'failures' : 'all'),
    logLevel: settings.LOG_LEVEL,
  };
}

function tracingOf(settings: Settings): TracingSettings | null {
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  return endpoint === undefined ? null : { endpoint, share: settings.OTEL_TRACES_SAMPLER_ARG };
}

function readDotEnv(): NodeJS.Dict<string> {
  try {
    return withoutEmpty(parseEnv(readFileSync('.env', 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

const withoutEmpty = (environment: NodeJS.Dict<string>): NodeJS.Dict<string> =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

/**
 * The settings with their defaults, or `null` after adding what is wrong to `mistakes`.
 * @param schema in which each description completes "NAME must be …"
 */
export function readSettings<Schema extends TSchema>(
  schema: Schema,
  environment: NodeJS.Dict<string>,
  mistakes: string[],
): Static<Schema> | null {
  const ajv = new Ajv({
    allErrors: true,
    removeAdditional: true,
    useDefaults: true,
    coerceTypes: true,
    verbose: true,
    formats,
  });
  const validate = ajv.compile<Static<Schema>>({ ...schema, additionalProperties: false });
  const settings: unknown = { ...environment };
  if (validate(settings)) return settings;
  for (const error of validate.errors ?? []) {
    const description = error.parentSchema?.['description'];
    mistakes.push(`${error.instancePath.slice(1)} must be ${description}`);
  }
  return null;
}

export const parseList = (list: string): string[] => list.split(',').flatMap((entry) => entry.trim() || []);

function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^#]*$/.test(text) && URL.canParse(text);
}

/** Returns whether the text is an IP address, or a network such as `10.0.0.0/8`. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^[1-9]\d*$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function refuseDevelopmentKey(configuredKeys: ConfiguredKeys, mistakes: string[]): void {
  if (!configuredKeys.has(developmentKeyDigest)) return;
  mistakes.push(
    'API_KEYS has the development key of the README, which everybody knows: make one of your own with ' +
      '`openssl rand -hex 32` and put its SHA-256 there instead, or set NODE_ENV=development',
  );
}
