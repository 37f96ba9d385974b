import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Identity } from '../lib/auth/identity.ts';
import { refusals } from '../lib/auth/refusals.ts';
import type { Actor, Scope } from '../lib/auth/scope.ts';
import type { Author } from '../lib/changes/author.ts';
import { addressOf } from '../lib/http/client-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom the request speaks for; `null` on routes that ask for no key. */
    auth: Identity | null;
    /** The key that was refused, where it is known. */
    refusedKeyId: string | null;
    /** SHA-256 of the key that was presented, a character for each byte. */
    keyDigest: string | null;
    /** Whom the request speaks for, on a route that asks for a key. */
    identity(): Identity;
    /** The tenant and environment that everything the request does is confined to. */
    scope(): Scope;
    /** The request's author, for the audit trail. */
    actor(): Actor;
    /** The caller of a change in the request's environment. */
    author(): Author;
  }
}

/** Whom a request speaks for, as the decision on its key found. */
export default fp(
  async (app) => {
    app.decorateRequest('auth', null);
    app.decorateRequest('refusedKeyId', null);
    app.decorateRequest('keyDigest', null);
    app.decorateRequest('identity', identityOf);
    app.decorateRequest('scope', scopeOf);
    app.decorateRequest('actor', actorOf);
    app.decorateRequest('author', authorOf);
  },
  { name: 'request-identity' },
);

function identityOf(this: FastifyRequest): Identity {
  if (this.auth === null) throw new Error('This route asks for no key');
  return this.auth;
}

function scopeOf(this: FastifyRequest): Scope {
  const { tenantId, environmentId } = this.identity();
  if (environmentId === null) throw refusals.environment;
  return { tenantId, environmentId };
}

function actorOf(this: FastifyRequest): Actor {
  const { tenantId, keyId, userId } = this.identity();
  return { tenantId, keyId, userId, address: addressOf(this), requestId: this.id };
}

function authorOf(this: FastifyRequest): Author {
  return { ...this.scope(), actor: this.actor(), permissions: this.identity().permissions };
}
