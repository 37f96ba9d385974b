import type { Provider } from '../../schemas/webhooks.ts';
import { github } from './github.ts';
import { hmac } from './hmac.ts';
import type { Scheme } from './scheme.ts';
import { standard } from './standard.ts';
import { stripe } from './stripe.ts';

export const schemes: Record<Provider, Scheme> = { standard, stripe, github, hmac };
