import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Identity } from '../lib/auth/identity.ts';
import { grants } from '../lib/auth/permissions.ts';
import { identityRefusals, refusals } from '../lib/auth/refusals.ts';
import { type ApiError, unavailable } from '../lib/http/api-error.ts';
import { hostOf } from '../lib/signed-identity/bound-request.ts';
import { IdentityVerifier } from '../lib/signed-identity/identity-verifier.ts';
import type { Decider } from './decider.ts';
import { publicKeysOf } from './public-keys-of-service.ts';

interface SignedIdentityDeciderOptions {
  /** The service. */
  url: string;
  /** The names that clients ask the app by. */
  hosts: readonly string[];
  log: FastifyBaseLogger;
}

/**
 * Believes what a service has signed for just this request, when a proxy asked it.
 * @throws if a host isn't one
 */
export function createSignedIdentityDecider({ url, hosts, log }: SignedIdentityDeciderOptions): Decider {
  const keys = publicKeysOf(url);
  const verifier = new IdentityVerifier(keys.find, hosts.map(requireHost));

  /** Never rejects. @returns what the request is refused with, if it is */
  async function decide(request: FastifyRequest, permission: string | null): Promise<ApiError | undefined> {
    const { headers, method, originalUrl } = request;
    const token = textOf(headers['x-auth-context']);
    if (token === '') return identityRefusals.missing;
    const verdict = await verifier.verify(token, textOf(headers['x-auth-permissions']), method, originalUrl);
    if (verdict.kind === 'undecidable')
      return unavailable('Authentication temporarily unavailable', verdict.cause);
    if (verdict.kind !== 'valid') {
      request.log.info({ reason: verdict.reason }, 'signed identity rejected');
      return identityRefusals[verdict.kind];
    }
    return admit(request, verdict.identity, permission);
  }

  return {
    admit(request, reply, permission, done) {
      reply.header('cache-control', 'no-store');
      void decide(request, permission).then(done);
    },
    // What was signed stays so, however long the body takes.
    readmit: (_request, _reply, _permission, done) => done(),
    async ready() {
      try {
        await keys.load();
        return true;
      } catch (error) {
        log.warn({ err: error }, 'verifying signed identities failed');
        return false;
      }
    },
    replica: () => null,
    close: async () => {},
  };
}

function admit(request: FastifyRequest, identity: Identity, permission: string | null): ApiError | undefined {
  if (identity.environmentId === null) return refusals.environment;
  if (permission !== null && !grants(identity.permissions, permission)) return refusals.permission;
  request.auth = identity;
  return undefined;
}

const textOf = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');

function requireHost(text: string): string {
  const host = hostOf(text);
  if (host === null)
    throw new Error('latchkey: a host is the name that clients ask by, such as api.example.com');
  return host;
}
