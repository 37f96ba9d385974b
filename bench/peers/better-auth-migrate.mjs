// Makes the tables of better-auth in an empty database.
import { getMigrations } from 'better-auth/db/migration';
import { options } from './better-auth-options.mjs';

const { runMigrations } = await getMigrations(options);
await runMigrations();
await options.database.end();
