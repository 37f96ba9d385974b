import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Settings } from '../lib/config/settings.ts';
import { generateSettingsDocs } from '../scripts/generate-settings-docs.ts';

t.test(
  '.env.example and docs/configuration.md are those of the schema: `npm run settings-docs`',
  async (t) => {
    for (const { file, generate } of generateSettingsDocs) {
      const text = await readFile(file, 'utf8');
      t.equal(generate(text), text, file);
      for (const name of Object.keys(Settings.properties)) t.match(text, name);
    }
  },
);
