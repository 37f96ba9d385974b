import { Ajv, type Options } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaValidationError } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';

/** Unknown fields are errors, not silently dropped, and of several mistakes all are told. */
const common: Options = { allErrors: true, removeAdditional: false, useDefaults: true };

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ ...common, coerceTypes });
  addFormats.default(ajv);
  return ajv;
}

/** Checks requests by their schemas. Only what comes as text anyway, a query, is turned into numbers. */
export default fp(
  async (app) => {
    const strict = createAjv(false);
    const coercing = createAjv(true);
    app.setValidatorCompiler(({ schema, httpPart }) =>
      (httpPart === 'body' ? strict : coercing).compile(schema),
    );
    app.setSchemaErrorFormatter(
      (errors, part) =>
        new ApiError('validation_error', 'Invalid request', {
          details: errors.map((error) => detailOf(error, part)),
        }),
    );
  },
  { name: 'validation' },
);

/** Names the field, and never repeats its value: it could be a key. */
function detailOf(error: FastifySchemaValidationError, part: string) {
  const { missingProperty, additionalProperty, allowedValue, allowedValues } = error.params;
  const field = missingProperty ?? additionalProperty;
  const path = redact(
    `${part === 'body' ? '' : part}${error.instancePath}${field === undefined ? '' : `/${field}`}`,
  );
  if (additionalProperty !== undefined) return { path, message: 'is not a known field' };
  if (missingProperty !== undefined) return { path, message: 'is required' };
  if (allowedValue !== undefined) return { path, message: `must be ${allowedValue}` };
  if (Array.isArray(allowedValues)) return { path, message: `must be one of ${allowedValues.join(', ')}` };
  return { path, message: error.message ?? 'is invalid' };
}
