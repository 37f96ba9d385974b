// Express with passport-headerapikey, which leaves the lookup to its user: an indexed one in PostgreSQL.
import express from 'express';
import passport from 'passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { findKey } from './find-key.mjs';

passport.use(
  new HeaderAPIKeyStrategy({ header: 'X-API-Key', prefix: '' }, false, (key, done) => {
    findKey(key).then((tenant) => done(null, tenant ?? false), done);
  }),
);

const app = express();
app.disable('x-powered-by');
app.get('/tenant', passport.authenticate('headerapikey', { session: false }), (request, response) => {
  response.json(request.user);
});
app.listen(Number(process.env.PORT), '127.0.0.1');
