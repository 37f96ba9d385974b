import type { FastifyBaseLogger, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Identity } from '../lib/auth/identity.ts';
import { type ApiError, errorBody } from '../lib/http/api-error.ts';
import type { Decider } from './decider.ts';
import { startReplicaDecider } from './replica-decider.ts';
import type { LatchkeyReplica } from './replica-state.ts';
import { createServerDecider } from './server-decider.ts';
import { createSignedIdentityDecider } from './signed-identity-decider.ts';

export type { Identity, LatchkeyReplica };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route: any key, if nothing is said. */
    latchkey?: LatchkeyRoute;
  }
  interface FastifyInstance {
    latchkey: Latchkey;
  }
  interface FastifyRequest {
    /** The identity that the request speaks for; `null` on public routes. */
    auth: Identity | null;
    /** The tenant of its key. Throws on public routes. */
    readonly tenantId: string;
    /** The environment of its key. Throws on public routes. */
    readonly environmentId: string;
  }
}

/** The policy of a route: public, or a key with a permission such as `orders:read`. */
export type LatchkeyRoute = 'public' | { permission: `${string}:${string}` };

/** Makes the process of the app a replica, which decides from memory. */
export interface LatchkeyReplicaOptions {
  /** The database of the service, whose schema is as new as this package. */
  databaseUrl: string;
  /** The Redis that counts limits together with the service; without it, this process counts them. */
  redisUrl?: string;
}

/** Asks a service about each request, and keeps nothing of what it answers. */
export interface LatchkeyServerOptions {
  /** The service's URL: `https://keys.example.com`. */
  url: string;
  /** A key with the permission `keys:verify`. Keys of its tenant are accepted, and no others. */
  apiKey: string;
}

/** Believes what a service has signed, for a proxy in front of the app that asked it. */
export interface LatchkeySignedIdentityOptions {
  signedIdentity: {
    /** The URL of the service that publishes its public keys: `https://keys.example.com`. */
    url: string;
    /** The names that clients ask the app by: `['api.example.com']`. What was signed for others is refused. */
    hosts: readonly string[];
  };
}

export type LatchkeyOptions = LatchkeyReplicaOptions | LatchkeyServerOptions | LatchkeySignedIdentityOptions;

export interface Latchkey {
  /** Returns whether keys can be decided on now, for a probe of readiness. It waits a moment for that, and never rejects. */
  ready(): Promise<boolean>;
  /** This process's copy of all keys; `null` where a service is asked. */
  replica(): LatchkeyReplica | null;
}

const plugin: FastifyPluginAsync<LatchkeyOptions> = async (app, options) => {
  const decider = await start(options, app.log);
  app.addHook('onClose', () => decider.close());
  app.decorate('latchkey', { ready: () => decider.ready(), replica: () => decider.replica() });
  app.decorateRequest('auth', null);
  app.decorateRequest('tenantId', { getter: tenantIdOf });
  app.decorateRequest('environmentId', { getter: environmentIdOf });

  // A mistake ends the start. Routes that are older than this plugin are asked at their first request.
  app.addHook('onRoute', ({ config }) => void needOf(config?.latchkey));

  app.addHook('onRequest', (request, reply, done) => {
    // What no route answers is the app's own to answer.
    if (request.is404) return done();
    const need = needOf(request.routeOptions.config.latchkey);
    if (need === 'nothing') return done();
    decider.admit(request, reply, need.permission, settle(request, reply, done));
  });

  app.addHook('preHandler', (request, reply, done) => {
    if (request.auth === null || request.body === undefined) return done();
    const need = needOf(request.routeOptions.config.latchkey);
    if (need === 'nothing') return done();
    decider.readmit(request, reply, need.permission, settle(request, reply, done));
  });
};

function start(options: LatchkeyOptions, log: FastifyBaseLogger): Decider | Promise<Decider> {
  // Programs without types can leave out what they like, and pg would look for a database by itself.
  if ('signedIdentity' in options && options.signedIdentity?.url && options.signedIdentity.hosts?.length > 0)
    return createSignedIdentityDecider({ ...options.signedIdentity, log });
  if ('databaseUrl' in options && options.databaseUrl)
    return startReplicaDecider({ redisUrl: null, ...options, log });
  if ('url' in options && options.url && options.apiKey) return createServerDecider({ ...options, log });
  throw new Error('latchkey needs databaseUrl, or url and apiKey, or signedIdentity with url and hosts');
}

/** @returns what a route asks for @throws if that is none of what it may be */
function needOf(route: LatchkeyRoute | undefined): 'nothing' | { permission: string | null } {
  if (route === undefined) return anyKey;
  if (route === 'public') return 'nothing';
  if (typeof route.permission === 'string' && route.permission.includes(':')) return route;
  throw new Error("config.latchkey must be 'public' or {permission: 'resource:action'}");
}

const anyKey = { permission: null };

/** Goes on with an accepted request. A refused one is answered here, and not by the error handler of the app. */
const settle = (request: FastifyRequest, reply: FastifyReply, done: () => void) => (refusal?: ApiError) => {
  if (refusal === undefined) return done();
  const { code, message, statusCode, headers, cause } = refusal;
  if (statusCode >= 500) request.log.error({ err: cause }, message);
  reply
    .code(statusCode)
    .headers({ 'x-request-id': request.id, ...headers })
    .type('application/json; charset=utf-8')
    // As text, which the route's schemas and the serializers of the app leave as it is.
    .send(JSON.stringify(errorBody(code, message)));
};

function identityOf({ auth }: FastifyRequest): Identity {
  if (auth === null) throw new Error('This route is public: its requests speak for no tenant');
  return auth;
}

function tenantIdOf(this: FastifyRequest): string {
  return identityOf(this).tenantId;
}

function environmentIdOf(this: FastifyRequest): string {
  const { environmentId } = identityOf(this);
  if (environmentId === null) throw new Error('The key works in no environment');
  return environmentId;
}

/** Lets requests to the routes of an app pass only with a key that their route allows. */
const latchkey: FastifyPluginAsync<LatchkeyOptions> = fp(plugin, { name: 'latchkey', fastify: '5.x' });
export default latchkey;
