import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

type Prefix = 'tenant' | 'env' | 'key' | 'user' | 'cust' | 'replica' | 'sess' | 'whs' | 'whd';

/**
 * A new id, such as `key_0193…`: the prefix says of what, and the rest is a UUID version 7
 * (RFC 9562) in 32 hex digits, so that ids sort by the time of their making.
 */
export const newId = (prefix: Prefix): string => `${prefix}_${v7().replaceAll('-', '')}`;

/** Of this process alone. */
const requestIdPrefix = `req_${randomBytes(10).toString('hex')}`;
const requestIdLength = 12;
let requests = 0;

/**
 * The id of a request, in its log lines and in its answer. Never the client's own: that could be anything. It is
 * counted and not drawn, as a UUID for each request takes an eighth of what the request does.
 */
export const newRequestId = (): string =>
  requestIdPrefix + (requests++).toString(16).padStart(requestIdLength, '0');
