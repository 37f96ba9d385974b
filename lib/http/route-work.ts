import type { Access } from '../auth/route-policy.ts';

/** A kind of work with a bound on its rate, or on how much of it a tenant does at once. */
export type Work = 'change' | 'import' | 'listing' | 'public';

/** The part of a route that says what it costs. */
export interface WorkingRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?:
    | { readonly access?: Access; readonly readOnly?: boolean; readonly work?: Work | null }
    | undefined;
}

/**
 * Returns the kind of work of a route; `null`: it has no bounds of its own. A GET that needs a permission and doesn't
 * name one resource is a listing, or a report.
 */
export function workOf({ method, url, config = {} }: WorkingRoute): Work | null {
  const { access, readOnly, work } = config;
  if (work !== undefined) return work;
  const isRead = [method].flat().every((name) => name === 'GET' || name === 'HEAD');
  if (access?.kind === 'public') return isRead && !url.startsWith('/health') ? 'public' : null;
  if (!isRead) return readOnly ? null : 'change';
  const isListing = access?.kind === 'key' && access.permission !== null && !/\/:\w+$/.test(url);
  return isListing ? 'listing' : null;
}
