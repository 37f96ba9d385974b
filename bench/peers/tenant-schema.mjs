const text = { type: 'string' };

/** The answer of every peer on Fastify, for which it compiles a serializer, as it does for Latchkey's. */
export const tenantSchema = {
  response: {
    200: { type: 'object', properties: { tenant_id: text, environment_id: text, user_id: text } },
  },
};
