/** Writes `.env.example` and the table of docs/configuration.md from the schemas of the settings. */
import { readFile, writeFile } from 'node:fs/promises';
import { generateSettingsDocs } from './generate-settings-docs.ts';

for (const { file, generate } of generateSettingsDocs) {
  await writeFile(file, generate(await readFile(file, 'utf8')));
}
