import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { hostnameOf, type Target } from './canary-targets.ts';

/** Longer than a change may wait for its confirmation. */
const timeoutMs = 7_000;

/** More than any answer that the canary asks for. */
const maxAnswerBytes = 1_000_000;

export interface Answer {
  status: number;
  body: string;
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  key: string;
  body?: object;
}

/**
 * Sends a request to one replica, on a connection of its own, so that no earlier one decides who answers.
 * @throws when there is no answer within 7 s
 */
export async function send({ url, address }: Target, { method, path, key, body }: Call): Promise<Answer> {
  const secure = url.protocol === 'https:';
  const call = (secure ? requestHttps : requestHttp)({
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : url.port,
    // The certificate is asked for by its name, which an address has none of.
    ...(isIP(hostnameOf(url)) === 0 && { servername: hostnameOf(url) }),
    path: url.pathname.replace(/\/$/, '') + path,
    method,
    agent: false,
    headers: {
      host: url.host,
      'x-api-key': key,
      ...(body && { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(timeoutMs),
  });
  call.end(body && JSON.stringify(body));
  const [response] = await once(call, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > maxAnswerBytes) throw new Error('The answer is too long');
  }
  return { status: response.statusCode, body: text };
}
