import { fileURLToPath } from 'node:url';
import { CanarySettingsSchema } from '../canary/canary-settings.ts';
import { Settings } from '../lib/config/settings.ts';

interface DocumentedSetting {
  default?: unknown;
  doc?: string;
  example?: string;
}

/** Every setting, those of the canary last. */
const settings = new Map<string, DocumentedSetting>(
  Object.entries({ ...Settings.properties, ...CanarySettingsSchema.properties }),
);

/** Returns a setting's default as text; empty if it has none. */
const defaultOf = (setting: DocumentedSetting): string => String(setting.default ?? '');

/** Returns the text without the marks and links of Markdown. */
const plain = (text: string): string => text.replace(/ ?\(\[[^\]]*\]\([^)]*\)\)/g, '').replaceAll('`', '');

/** Breaks a text into comment lines of at most 118 characters. */
function commentLines(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > 118) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function generateEnvExample(): string {
  const entries = [...settings].map(([name, setting]) => {
    const value = setting.example ?? defaultOf(setting);
    const quoted = value.includes('"') ? `'${value}'` : value;
    return [...commentLines(plain(setting.doc ?? '')), `# ${name}=${quoted}`].join('\n');
  });
  return [
    '# Copy to .env, or set these in the environment, which wins. A value that is commented out is the default or an',
    '# example. `npm run settings-docs` writes this file.',
    '',
    `${entries.join('\n\n')}\n`,
  ].join('\n');
}

const begin = '<!-- settings: written by `npm run settings-docs` -->';
const end = '<!-- end of settings -->';

function generateTable(text: string): string {
  const rows = [...settings].map(([name, setting]) => {
    const value = defaultOf(setting);
    return `| \`${name}\` | ${value === '' ? 'none' : `\`${value}\``} | ${setting.doc?.replaceAll('|', '\\|')} |`;
  });
  const table = [begin, '| setting | default | |', '|---|---|---|', ...rows, end].join('\n');
  const [before, rest = ''] = text.split(begin);
  return `${before}${table}${rest.split(end)[1] ?? '\n'}`;
}

const pathOf = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The generated files. `generate` returns the new text of a file from the present one. */
export const generateSettingsDocs: { file: string; generate: (text: string) => string }[] = [
  { file: pathOf('.env.example'), generate: generateEnvExample },
  { file: pathOf('docs/configuration.md'), generate: generateTable },
];
