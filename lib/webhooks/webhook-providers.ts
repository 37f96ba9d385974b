import type { Provider } from '../../schemas/webhooks.ts';
import { github } from './github.ts';
import { hmac } from './hmac.ts';
import { standard } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';
import type { Scheme } from './webhook-provider.ts';

export const schemes: Record<Provider, Scheme> = { standard, stripe, github, hmac };
