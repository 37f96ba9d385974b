import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { digestOfHash } from '../../../../../../lib/auth/api-key.ts';
import { requires } from '../../../../../../lib/auth/route-policy.ts';
import { checkImport, importKeys } from '../../../../../../lib/changes/key-import.ts';
import { errorResponses } from '../../../../../../schemas/errors.ts';
import {
  CheckedImport,
  ImportedKeys,
  ImportKeys,
  ImportKeysQuery,
} from '../../../../../../schemas/key-import.ts';

/** 1,600 bytes a row. */
const bodyLimit = 16 * 1024 * 1024;

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;
  const { changeLog } = app;
  const isConfigured = (hash: Buffer) => app.authenticator.configuredKeys.has(digestOfHash(hash));

  app.post(
    '',
    {
      schema: {
        operationId: 'importKeys',
        summary: 'Import keys',
        description:
          'Takes over keys of another system by their SHA-256 hashes, all or none. The keys ' +
          'themselves may have any form of up to 512 characters, and are never sent.',
        tags: ['Keys'],
        querystring: ImportKeysQuery,
        body: ImportKeys,
        response: { 200: CheckedImport, 201: ImportedKeys, ...errorResponses },
      },
      config: { access: requires('keys:import'), work: 'import', maxElements: 10_000 },
      bodyLimit,
      ...app.validationByRow,
    },
    async (request, reply) => {
      const author = request.author();
      if (!request.query.dry_run)
        return reply.code(201).send(await importKeys(changeLog, author, request.body, isConfigured));
      await checkImport(pool, author, request.body, isConfigured);
      return { would_import: request.body.length };
    },
  );
};
export default routes;
