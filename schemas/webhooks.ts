import { type Static, Type } from '@sinclair/typebox';
import { Nullable, Timestamp } from './common.ts';

export const Provider = Type.Union(
  [Type.Literal('standard'), Type.Literal('stripe'), Type.Literal('github'), Type.Literal('hmac')],
  { description: 'The signature scheme: `standard` is Standard Webhooks, `hmac` is configured by you.' },
);
export type Provider = Static<typeof Provider>;

/** Shorter than a key, so that none is stored here by mistake. */
const HeaderName = (description: string, examples: string[]) =>
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,59}$', description, examples });

export const HmacSettings = Type.Object(
  {
    signature_header: HeaderName('Which header has the signature', ['X-Signature']),
    algorithm: Type.Union([Type.Literal('sha256'), Type.Literal('sha512')]),
    encoding: Type.Union([Type.Literal('hex'), Type.Literal('base64')]),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[!-~]{1,20}$',
        description: 'Text before the signature.',
        examples: ['sha256='],
      }),
    ),
    timestamp_header: Type.Optional(
      HeaderName('Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body', [
        'X-Timestamp',
      ]),
    ),
    id_header: Type.Optional(HeaderName('The id of the delivery', ['X-Delivery-Id'])),
  },
  { additionalProperties: false },
);
export type HmacSettings = Static<typeof HmacSettings>;

/** A signing secret's metadata: everything but the secret. */
export const WebhookSecret = Type.Object(
  {
    id: Type.String(),
    provider: Provider,
    hmac: Nullable(HmacSettings),
    tenant_id: Type.String(),
    environment_id: Type.String(),
    created_at: Timestamp,
  },
  {
    examples: [
      {
        id: 'whs_01a20557a16e731f8ab301630217ef18',
        provider: 'github',
        hmac: null,
        tenant_id: 'tenant_default',
        environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
        created_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  },
);
export type WebhookSecret = Static<typeof WebhookSecret>;

export const CreateWebhookSecret = Type.Object(
  {
    provider: Provider,
    secret: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 256,
        pattern: '^[^\\u0000\\ud800-\\udfff]*$',
        description:
          'The secret as the provider shows it. Without one, a new secret is generated, except for ' +
          'Stripe, which generates its own.',
      }),
    ),
    hmac: Type.Optional(HmacSettings),
  },
  {
    additionalProperties: false,
    examples: [
      {
        provider: 'hmac',
        hmac: { signature_header: 'X-Signature', algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' },
      },
    ],
  },
);
export type CreateWebhookSecret = Static<typeof CreateWebhookSecret>;

export const CreatedWebhookSecret = Type.Object(
  {
    secret: WebhookSecret,
    signing_secret: Nullable(
      Type.String({
        description: 'The generated secret, shown only in this response; `null` if you brought your own.',
      }),
    ),
  },
  { description: 'The secret is in force.' },
);
export type CreatedWebhookSecret = Static<typeof CreatedWebhookSecret>;

export const WebhookSecretList = Type.Object({ items: Type.Array(WebhookSecret) });

/** Any text: an unknown destination is refused only after the work for a known one. */
export const ReceiveParams = Type.Object({
  provider: Type.String(),
  tenant_id: Type.String(),
  environment_id: Type.String(),
});

export const Received = Type.Object(
  { received: Type.Literal(true) },
  { description: 'The delivery is stored, now or by an earlier request.' },
);

const deliveryFields = {
  id: Type.String(),
  sequence: Type.Integer({ description: 'Position in the order of the environment.' }),
  provider: Provider,
  secret_id: Type.String({ description: 'Id of the secret that the delivery was signed with.' }),
  delivery_id: Nullable(Type.String({ description: "The provider's own id of the delivery." })),
  headers: Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String(), {
    description:
      '`content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…` headers, without ' +
      'signatures and secrets.',
  }),
  body_bytes: Type.Integer(),
  tenant_id: Type.String(),
  environment_id: Type.String(),
  received_at: Timestamp,
  acknowledged_at: Nullable(Timestamp),
};

const deliveryExample = {
  id: 'whd_01a20557a16e731f8ab301630217ef18',
  sequence: 42,
  provider: 'github',
  secret_id: 'whs_01a20557a16e731f8ab301630217ef18',
  delivery_id: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  headers: { 'content-type': 'application/json', 'x-github-event': 'push' },
  body_bytes: 2,
  tenant_id: 'tenant_default',
  environment_id: 'env_01a205579d1c7729b2cb563bc47034d9',
  received_at: '2026-11-20T12:00:00.000Z',
  acknowledged_at: null,
};

export const WebhookDelivery = Type.Object(deliveryFields, { examples: [deliveryExample] });
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const WholeWebhookDelivery = Type.Object(
  { ...deliveryFields, body_base64: Type.String({ description: 'The body, byte for byte.' }) },
  { examples: [{ ...deliveryExample, body_base64: 'e30=' }] },
);
export type WholeWebhookDelivery = Static<typeof WholeWebhookDelivery>;

export const ListDeliveriesQuery = Type.Object(
  {
    after: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 0,
      description: 'Include deliveries with a higher sequence.',
    }),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Number of items in a page.' }),
    provider: Type.Optional(Provider),
    acknowledged: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type ListDeliveriesQuery = Static<typeof ListDeliveriesQuery>;

export const WebhookDeliveryPage = Type.Object({
  items: Type.Array(WebhookDelivery),
  next_after: Type.Integer({ description: 'Value of `after` for the next request.' }),
});
