import { type Static, Type } from '@sinclair/typebox';
import { ConfigError, parseList, readSettings } from '../lib/config/config.ts';
import { logLevel, metricsHost, portSetting } from '../lib/config/settings.ts';

/** The settings of the canary, as an operator writes them. */
export const CanarySettingsSchema = Type.Object({
  CANARY_URLS: Type.String({
    default: '',
    minLength: 1,
    format: 'webs',
    description: 'URLs of replicas that begin with http:// or https://, with commas between them',
    doc: 'For `npm run canary` alone ([the canary](monitoring.md#the-canary)): the URL of every replica.',
    example: 'http://localhost:8080',
  }),
  CANARY_API_KEY: Type.String({
    default: '',
    pattern: '^[!-~]{1,512}$',
    description: 'a key with keys:read and keys:write',
    doc: "The canary's key, with `keys:read` and `keys:write`.",
  }),
  CANARY_SECONDS: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 86_400,
    description: 'a number of seconds from 1 to 86400',
    doc: 'The time between two rounds of the canary.',
  }),
  CANARY_METRICS_PORT: portSetting("The port that serves the canary's metrics.", 9465),
  METRICS_HOST: metricsHost,
  LOG_LEVEL: logLevel,
});

export interface CanarySettings {
  /** The URL of the replicas: its name may have an address for each. */
  urls: URL[];
  /** Makes and deletes the canary's own keys. */
  apiKey: string;
  /** From the beginning of a round to that of the next. */
  intervalMs: number;
  metrics: { host: string; port: number };
  logLevel: Static<typeof CanarySettingsSchema>['LOG_LEVEL'];
}

/**
 * Checks the settings of the canary.
 * @param environment names and values as in the environment
 * @throws ConfigError with every mistake
 */
export function canarySettingsOf(environment: NodeJS.Dict<string>): CanarySettings {
  const mistakes: string[] = [];
  const settings = readSettings(CanarySettingsSchema, environment, mistakes);
  if (settings === null) throw new ConfigError(mistakes);
  return {
    urls: parseList(settings.CANARY_URLS).map((url) => new URL(url)),
    apiKey: settings.CANARY_API_KEY,
    intervalMs: settings.CANARY_SECONDS * 1000,
    metrics: { host: settings.METRICS_HOST, port: settings.CANARY_METRICS_PORT },
    logLevel: settings.LOG_LEVEL,
  };
}
