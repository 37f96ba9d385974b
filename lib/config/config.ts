import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseEnv } from 'node:util';
import type { Static, TSchema } from '@sinclair/typebox';
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
import { type AccessLog, Settings } from './settings.ts';

/** The formats of the settings. */
const formats = {
  postgres: (text: string) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
  redis: (text: string) => /^rediss?:\/\//.test(text) && URL.canParse(text),
  web: isWebUrl,
  webs: (text: string) => parseList(text).every(isWebUrl),
  networks: (text: string) => parseList(text).every(isNetwork),
};

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
  /** True if a PostgreSQL of its own is run where there is no `databaseUrl`. */
  embeddedPostgres: boolean;
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
  /** The requests of a tenant in a second; 0: any number. */
  requestRates: { changesPerSecond: number; listingsPerSecond: number };
  /** How long keys are decided on by a state that may be old while the database is unreachable; 0: not at all. */
  staleIfErrorSeconds: number;
  /** Processes that share the port. */
  workers: number;
  /** Connections of clients that may be open at once, in each process. */
  maxConnections: number;
  /** True if the description of the API is served. */
  apiDocs: boolean;
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
    mistakes.push(
      'IDENTITY_KEYS requires TRUSTED_PROXIES: Latchkey signs only what a trusted proxy reports about the request',
    );
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
    embeddedPostgres: isOn(settings.EMBEDDED_POSTGRES, settings),
    dataDir: settings.DATA_DIR,
    redisUrl: settings.REDIS_URL ?? null,
    configuredKeys,
    masterKeys,
    sessionKeys,
    session: { lifetimeSeconds: settings.SESSION_SECONDS, portalUrl: settings.PORTAL_URL },
    identityKeys,
    trustedProxies: parseList(settings.TRUSTED_PROXIES),
    failedAuthLimit: settings.FAILED_AUTH_LIMIT,
    requestRates: {
      changesPerSecond: settings.CHANGES_PER_SECOND,
      listingsPerSecond: settings.LISTINGS_PER_SECOND,
    },
    staleIfErrorSeconds: settings.AUTH_STALE_IF_ERROR_SECONDS,
    workers: settings.WORKERS,
    maxConnections: settings.MAX_CONNECTIONS,
    apiDocs: isOn(settings.API_DOCS, settings),
    // Writing a line for each request would cost a third of what the service can do.
    accessLog: settings.ACCESS_LOG ?? (settings.NODE_ENV === 'production' ? 'failures' : 'all'),
    logLevel: settings.LOG_LEVEL,
  };
}

/** Returns a switch that is on by default, but in production. */
const isOn = (value: 'on' | 'off' | undefined, { NODE_ENV }: Settings): boolean =>
  (value ?? (NODE_ENV === 'production' ? 'off' : 'on')) === 'on';

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
  ajv.addVocabulary(['doc', 'example']);
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
