import t from 'tap';
import { exceeds, grants } from '../../../lib/keys/permissions.ts';

t.test('a permission is granted by itself, by its resource or by all', async (t) => {
  for (const held of ['keys:read', 'keys:*', '*']) t.equal(grants([held], 'keys:read'), true, held);
  for (const held of ['keys:write', 'key:*', 'keys', 'keys:', ':*', 'keys:*:*', '']) {
    t.equal(grants([held], 'keys:read'), false, held);
  }
  t.equal(grants([], 'keys:read'), false);
  t.equal(grants(['keys:*'], 'keys:*'), true);
  t.equal(grants(['keys:read'], 'keys:*'), false);
  t.equal(grants(['keys:*'], '*'), false);
  t.equal(grants(['keys:*'], 'keysX'), false);
});

t.test('nobody grants what they lack', async (t) => {
  t.equal(exceeds([], []), false);
  t.equal(exceeds(['keys:read', 'a:b'], ['keys:*', 'a:b']), false);
  t.equal(exceeds(['keys:read', 'a:c'], ['keys:*', 'a:b']), true);
  t.equal(exceeds(['*'], ['keys:*']), true);
});
