import type { IncomingHttpHeaders } from 'node:http';

/** The environment or tenant that a request selects. Only configured keys follow it: a stored key always works in its own environment. */
export interface Place {
  /** Id or name of the environment that `X-Environment-ID` selects; `null`: none is selected. */
  readonly environment: string | null;
  /** True if the request acts in an environment, and not on its tenant as a whole. */
  readonly needsEnvironment: boolean;
}

/** No environment is selected and none is needed. */
export const anywhere: Place = Object.freeze({ environment: null, needsEnvironment: false });

const inOwnEnvironment: Place = Object.freeze({ environment: null, needsEnvironment: true });

/** Reads the place that a request selects by `X-Environment-ID`. Allocates nothing unless the header is there. */
export function placeOf(headers: IncomingHttpHeaders, needsEnvironment: boolean): Place {
  const selector = headers['x-environment-id'];
  if (typeof selector === 'string' && selector !== '') return { environment: selector, needsEnvironment };
  return needsEnvironment ? inOwnEnvironment : anywhere;
}
