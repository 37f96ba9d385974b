import { type Static, Type } from '@sinclair/typebox';
import { ConfigError, oneOf, parseList, port, readSettings } from '../lib/config/config.ts';

/** As an operator writes them. Each description completes "NAME must be …". */
const Settings = Type.Object({
  CANARY_URLS: Type.String({
    default: '',
    minLength: 1,
    format: 'webs',
    description: 'URLs of replicas that begin with http:// or https://, with commas between them',
  }),
  CANARY_API_KEY: Type.String({
    default: '',
    pattern: '^[!-~]{1,512}$',
    description: 'a key with keys:read and keys:write',
  }),
  CANARY_SECONDS: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 86_400,
    description: 'a number of seconds from 1 to 86400',
  }),
  CANARY_METRICS_PORT: Type.Integer({ default: 9465, ...port }),
  METRICS_HOST: Type.String({ default: '127.0.0.1' }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
});

export interface CanarySettings {
  /** The URL of the replicas: its name may have an address for each. */
  urls: URL[];
  /** Makes and deletes the canary's own keys. */
  apiKey: string;
  /** From the beginning of a round to that of the next. */
  intervalMs: number;
  metrics: { host: string; port: number };
  logLevel: Static<typeof Settings>['LOG_LEVEL'];
}

/**
 * Checks the settings of the canary.
 * @param environment names and values as in the environment
 * @throws ConfigError with every mistake
 */
export function canarySettingsOf(environment: NodeJS.Dict<string>): CanarySettings {
  const mistakes: string[] = [];
  const settings = readSettings(Settings, environment, mistakes);
  if (settings === null) throw new ConfigError(mistakes);
  return {
    urls: parseList(settings.CANARY_URLS).map((url) => new URL(url)),
    apiKey: settings.CANARY_API_KEY,
    intervalMs: settings.CANARY_SECONDS * 1000,
    metrics: { host: settings.METRICS_HOST, port: settings.CANARY_METRICS_PORT },
    logLevel: settings.LOG_LEVEL,
  };
}
