/** The state of a rate limit after a request. */
export interface RequestCount {
  limit: number;
  remaining: number;
  /** Milliseconds until the window ends; 0: no window is running. */
  resetMs: number;
  /** True if the request costs more than was left, and so wasn't counted. A request that costs nothing never does. */
  exceeded: boolean;
}

/**
 * Creates the count of a request.
 * @param wanted what the window would hold with the request
 * @param cost the request's part of `wanted`
 */
export function requestCount(limit: number, wanted: number, cost: number, resetMs: number): RequestCount {
  const exceeded = cost > 0 && wanted > limit;
  const counted = exceeded ? wanted - cost : wanted;
  return { limit, remaining: Math.max(0, limit - counted), resetMs, exceeded };
}
