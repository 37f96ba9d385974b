import type { Provider } from '../../schemas/webhooks.ts';
import { github } from './github.ts';
import { hmac } from './hmac.ts';
import { standard } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';
import type { WebhookProvider } from './webhook-provider.ts';

export const webhookProviders: Record<Provider, WebhookProvider> = { standard, stripe, github, hmac };
