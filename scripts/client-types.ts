/** Writes the types of the client from the description that the service gives of its API. */
import { writeFile } from 'node:fs/promises';
import { build } from '../app.ts';
import { parseConfig } from '../lib/config/config.ts';
import { clientTypesFile, generateClientTypes } from './generate-client-types.ts';
import { withPostgres } from './with-postgres.ts';

await withPostgres(async (databaseUrl) => {
  const app = await build({ ...parseConfig({ NODE_ENV: 'test', LOG_LEVEL: 'warn' }), databaseUrl });
  try {
    const description = (await app.inject('/openapi.json')).body;
    await writeFile(clientTypesFile, await generateClientTypes(description));
  } finally {
    await app.close();
  }
});
