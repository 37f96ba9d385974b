import openapiTypeScript, { astToString } from 'openapi-typescript';

/** The file with the client's types. */
export const clientTypesFile = new URL('../exports/client-types.ts', import.meta.url);

/** @param description of the API, as `/openapi.json` answers it @returns TypeScript, the types of every route */
export async function generateClientTypes(description: string): Promise<string> {
  // What has a default may be left out of a body.
  const types = await openapiTypeScript(description, { defaultNonNullable: false, silent: true });
  return `// Made by \`npm run client-types\` from the description of the API.\n\n${astToString(types)}`;
}
