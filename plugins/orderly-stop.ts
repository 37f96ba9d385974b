import fp from 'fastify-plugin';

/**
 * Once the service stops, its last answers tell the clients that their connections end. Otherwise Node would
 * keep each open for a next request, and the stop would wait for it in vain.
 */
export default fp(
  async (app) => {
    let stopping = false;
    app.addHook('preClose', async () => {
      stopping = true;
    });
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (stopping) reply.header('connection', 'close');
      done();
    });
  },
  { name: 'orderly-stop' },
);
