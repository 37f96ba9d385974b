import { Ajv, type Options } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError } from '../lib/http/api-error.ts';
import { findExceededBound, maxJsonParts } from '../lib/http/json-bounds.ts';
import { withoutOtherAlternatives } from '../lib/http/validation-errors.ts';
import { redact } from '../lib/observability/redact.ts';
import { textPattern } from '../schemas/common.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The elements that an array in the body may have, where that is not the usual number. */
    maxElements?: number;
  }
  interface FastifyInstance {
    /** Options of a route whose body is a long list: reports the first mistake of every wrong row. */
    validationByRow: {
      validatorCompiler: FastifySchemaCompiler<FastifySchema>;
      schemaErrorFormatter: (errors: FastifySchemaValidationError[], part: string) => Error;
    };
  }
}

/** Bound on the mistakes in an answer: a small request could otherwise cause a large one. */
const maxDetails = 20;

/** Unknown fields are errors, not silently dropped, and all mistakes are reported. */
const common: Options = { allErrors: true, removeAdditional: false, useDefaults: true };

function createAjv(options: Options): Ajv {
  const ajv = new Ajv({ ...common, ...options });
  addFormats.default(ajv);
  return ajv;
}

/** Checks requests by their schemas. Only what comes as text anyway, a query, is turned into numbers. */
export default fp(
  async (app) => {
    // Fastify reads plain text as well, which no route takes.
    app.removeContentTypeParser(['text/plain', 'application/json']);
    const parseJson = app.getDefaultJsonParser('error', 'error');
    app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
      const { maxElements = maxJsonParts } = request.routeOptions.config;
      const exceeded = findExceededBound(body, maxElements);
      if (exceeded === null) parseJson(request, body, done);
      else done(new ApiError('validation_error', exceeded));
    });
    const strict = createAjv({ coerceTypes: false });
    // It reads `Infinity` as a number, whose bounds are only looked at if numbers needn't be finite.
    const coercing = createAjv({ coerceTypes: true, strictNumbers: false });
    const brief = createAjv({ coerceTypes: false, allErrors: false });
    app.setValidatorCompiler(({ schema, httpPart }) =>
      (httpPart === 'body' ? strict : coercing).compile(schema),
    );
    app.setSchemaErrorFormatter((errors, part) =>
      refusal(withoutOtherAlternatives(errors).slice(0, maxDetails), part),
    );
    app.decorate('validationByRow', {
      validatorCompiler: ({ schema, httpPart }) =>
        httpPart === 'body' ? rowValidator(brief, schema) : coercing.compile(schema),
      schemaErrorFormatter: refusal,
    });
  },
  { name: 'validation' },
);

const refusal = (errors: FastifySchemaValidationError[], part: string): ApiError =>
  new ApiError('validation_error', 'Invalid request', {
    details: errors.map((error) => detailOf(error, part)),
  });

/** Checks the list as such, then row by row. */
function rowValidator(ajv: Ajv, schema: object) {
  const { items, ...list } = { items: {}, ...schema };
  const isList = ajv.compile<unknown[]>(list);
  const isRow = ajv.compile(items);
  return (body: unknown) => {
    if (!isList(body)) return { error: isList.errors ?? [] };
    const error = body.flatMap((row, index) => {
      if (isRow(row)) return [];
      const [first] = isRow.errors ?? [];
      return first === undefined ? [] : { ...first, instancePath: `/${index}${first.instancePath}` };
    });
    return error.length === 0 ? { value: body } : { error };
  };
}

/** An unknown name as far as it may be repeated: nothing that short and plain is a key, in whatever encoding. */
const safeName = (name: unknown): string =>
  typeof name === 'string' && /^[\w[\].-]{1,39}$/.test(name) ? name : '[redacted]';

/** Names the field, and never repeats its value: it could be a key. */
function detailOf(error: FastifySchemaValidationError, part: string) {
  const { missingProperty, additionalProperty, allowedValue, allowedValues, pattern } = error.params;
  const field =
    missingProperty ?? (additionalProperty === undefined ? undefined : safeName(additionalProperty));
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
