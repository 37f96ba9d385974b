import { hashOf } from './api-key.ts';
import { developmentKey } from './configured-keys.ts';

/** Texts that whoever guesses keys tries first. */
const guesses = [
  ...['', ' ', '0', '1', '123', '1234', '12345', '123456', '12345678', '123456789', '1234567890'],
  ...['admin', 'api', 'apikey', 'api-key', 'api_key', 'changeme', 'default', 'demo', 'dev', 'development'],
  ...[
    'example',
    'guest',
    'hello',
    'key',
    'letmein',
    'master',
    'none',
    'null',
    'password',
    'passw0rd',
    'prod',
  ],
  ...['production', 'public', 'qwerty', 'root', 'secret', 'secretkey', 'test', 'test123', 'testkey', 'token'],
  ...['undefined', 'user', 'weak', 'welcome', 'xxx'],
];

const hashes = new Set([developmentKey, ...guesses].map(hashOf));

/** Returns whether a SHA-256 in hex is that of a key that everybody knows. */
export const isWellKnownKey = (hash: string): boolean => hashes.has(hash);
