import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { refusals } from '../lib/auth-errors.ts';
import { type ApiError, tooManyRequests, unavailable } from '../lib/errors.ts';
import { readCredential } from '../lib/keys/credential.ts';
import { grants } from '../lib/keys/permissions.ts';
import { Me } from '../schemas/auth.ts';
import type { Decider } from './decider.ts';

export function createServerDecider(_: { url: string; apiKey: string; log: FastifyBaseLogger }): Decider {
  throw new Error('todo');
}
