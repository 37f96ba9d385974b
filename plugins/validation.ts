import { Ajv, type Options } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaValidationError } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';
import { textPattern } from '../schemas/common.ts';

/** Of thousands of mistakes in one body, which would make a large answer of a small request, the first are told. */
const maxDetails = 20;

/** Unknown fields are errors, not silently dropped, and of several mistakes not only the first is told. */
const common: Options = { allErrors: true, removeAdditional: false, useDefaults: true };

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ ...common, coerceTypes });
  addFormats.default(ajv);
  return ajv;
}

/** Checks requests by their schemas. Only what comes as text anyway, a query, is turned into numbers. */
export default fp(
  async (app) => {
    // Fastify reads plain text as well, which no route takes.
    app.removeContentTypeParser('text/plain');
    const strict = createAjv(false);
    const coercing = createAjv(true);
    app.setValidatorCompiler(({ schema, httpPart }) =>
      (httpPart === 'body' ? strict : coercing).compile(schema),
    );
    app.setSchemaErrorFormatter(
      (errors, part) =>
        new ApiError('validation_error', 'Invalid request', {
          details: errors.slice(0, maxDetails).map((error) => detailOf(error, part)),
        }),
    );
  },
  { name: 'validation' },
);

/** An unknown name as far as it may be repeated: nothing that short and plain is a key, in whatever encoding. */
const told = (name: unknown): string =>
  typeof name === 'string' && /^[\w[\].-]{1,39}$/.test(name) ? name : '[redacted]';

/** Names the field, and never repeats its value: it could be a key. */
function detailOf(error: FastifySchemaValidationError, part: string) {
  const { missingProperty, additionalProperty, allowedValue, allowedValues, pattern } = error.params;
  const field = missingProperty ?? (additionalProperty === undefined ? undefined : told(additionalProperty));
  const path = redact(
    `${part === 'body' ? '' : part}${error.instancePath}${field === undefined ? '' : `/${field}`}`,
  );
  if (additionalProperty !== undefined) return { path, message: 'is not a known field' };
  if (missingProperty !== undefined) return { path, message: 'is required' };
  if (allowedValue !== undefined) return { path, message: `must be ${allowedValue}` };
  if (pattern === textPattern)
    return { path, message: 'must be Unicode text without NUL, and without a key' };
  if (Array.isArray(allowedValues)) return { path, message: `must be one of ${allowedValues.join(', ')}` };
  return { path, message: error.message ?? 'is invalid' };
}
