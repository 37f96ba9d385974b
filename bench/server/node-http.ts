/** The floor of every server on Node: `node:http`, a constant object, and nothing looked at. */
import { createServer } from 'node:http';

const tenant = {
  tenant_id: `tenant_${'0'.repeat(32)}`,
  environment_id: `env_${'0'.repeat(32)}`,
  user_id: `user_${'0'.repeat(32)}`,
};

createServer((_request, response) => {
  const body = JSON.stringify(tenant);
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}).listen(Number(process.env['PORT']), '127.0.0.1');
