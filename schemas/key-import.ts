import { type Static, Type } from '@sinclair/typebox';
import { CreateKey } from './keys.ts';

/** Imported keys belong to the user of the key that imports them. */
const { user_id: _, ...ofKey } = CreateKey.properties;

const ImportKey = Type.Object(
  {
    ...ofKey,
    hash: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'SHA-256 of the key in lower-case hex; never the key itself.',
    }),
  },
  { additionalProperties: false },
);
export type ImportKey = Static<typeof ImportKey>;

export const ImportKeys = Type.Array(ImportKey, {
  minItems: 1,
  maxItems: 10_000,
  examples: [
    [
      {
        name: 'Production backend',
        hash: '8a1c9e0f5b7d3a2c4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5',
        permissions: ['customers:read'],
      },
    ],
  ],
});

export const ImportKeysQuery = Type.Object(
  {
    dry_run: Type.Boolean({ default: false, description: 'Only validate, and import nothing.' }),
  },
  { additionalProperties: false },
);

export const ImportedKeys = Type.Object(
  {
    imported: Type.Integer(),
    ids: Type.Array(Type.String(), { description: 'Ids of the imported keys, in the order of the request.' }),
  },
  { description: 'All keys were imported.' },
);
export type ImportedKeys = Static<typeof ImportedKeys>;

export const CheckedImport = Type.Object(
  { would_import: Type.Integer() },
  { description: 'The dry run found no mistakes.' },
);
