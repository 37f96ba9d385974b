import { readFile } from 'node:fs/promises';
import t from 'tap';
import { permissionCatalogue } from '../schemas/permissions.ts';
import { readDescription } from './fixtures/description.ts';
import { createKey, startService } from './helper.ts';

const names = Object.keys(permissionCatalogue);
const keysUrl = '/v1/secrets/api/keys';

/** Permissions that no route requires by itself, and where they are required. */
const requiredElsewhere = ['users:keys', 'service_accounts:keys', 'latchkey:debug'];

t.test('the routes require every permission of the catalogue, and no other', async (t) => {
  const { document } = await readDescription(await startService(t));
  const texts = JSON.stringify(document).matchAll(/Needs the permission `([^`]+)`/g);
  const required = new Set([...texts].map(([, name]) => name));
  t.same([...required].sort(), names.filter((name) => !requiredElsewhere.includes(name)).sort());
});

t.test('docs/permissions.md lists the catalogue', async (t) => {
  const yesOrNo = (value: boolean) => (value ? 'yes' : 'no');
  const rows = Object.entries(permissionCatalogue).map(
    ([name, { allows, manages, publishable }]) =>
      `| \`${name}\` | ${allows} | ${yesOrNo(manages)} | ${yesOrNo(publishable)} |`,
  );
  const text = await readFile(new URL('../docs/permissions.md', import.meta.url), 'utf8');
  t.same(
    text.split('\n').filter((line) => line.startsWith('| `')),
    rows,
  );
});

t.test('a publishable key holds what the catalogue marks, and permissions of other APIs', async (t) => {
  const service = await startService(t);
  const { secret } = await createKey(service, { type: 'publishable_key', permissions: [] });
  const resources = [...new Set(names.map((name) => name.split(':')[0]))];
  const expected: [string, boolean][] = [
    ...Object.entries(permissionCatalogue).map(([name, { publishable }]): [string, boolean] => [
      name,
      publishable,
    ]),
    ...resources.map((resource): [string, boolean] => [`${resource}:*`, resource === 'customers']),
    ...resources.map((resource): [string, boolean] => [`${resource}:unheard-of`, false]),
    ['*', false],
    ['billing:write', true],
    ['billing:*', true],
  ];
  for (const [permission, isAllowed] of expected) {
    const payload = { name: 'Browser', type: 'publishable_key', permissions: [permission] };
    const created = await service.call({ method: 'POST', url: keysUrl, payload });
    const updated = await service.call({
      ...{ method: 'PATCH', url: `${keysUrl}/${secret.id}` },
      payload: { permissions: [permission] },
    });
    t.same([created.statusCode, updated.statusCode], isAllowed ? [201, 200] : [400, 400], permission);
    if (isAllowed) continue;
    const details = [{ path: '/permissions', message: `a publishable key can't hold ${permission}` }];
    t.match(created.json(), { error: { details } });
  }
});

t.test('a private key holds any permission', async (t) => {
  const service = await startService(t);
  const permissions = [...names, 'billing:write', 'keys:unheard-of', '*'];
  t.same((await createKey(service, { permissions })).secret.permissions, permissions);
});
