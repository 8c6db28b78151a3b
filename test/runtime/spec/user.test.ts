import t from 'tap';
import { resolveUser } from '../../../src/runtime/spec/user.js';

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\n';
const GROUP = 'root:x:0:\nwheel:x:10:bob,ann\nann:x:1001:\n';

t.test('names, numbers and groups', (t) => {
  const root = { uid: 0, gid: 0, additionalGids: [0], home: '/root', name: 'root' };
  t.same(resolveUser('', PASSWD, GROUP), root);
  t.same(resolveUser('0', PASSWD, GROUP), root);
  const ann = { uid: 1000, gid: 1001, additionalGids: [1001, 10], home: '/home/ann', name: 'ann' };
  t.same(resolveUser('ann', PASSWD, GROUP), ann);
  t.same(resolveUser('1000', PASSWD, GROUP), ann);
  t.match(resolveUser('ann:wheel', PASSWD, GROUP), { gid: 10, additionalGids: [10] });
  t.match(resolveUser('7:8', PASSWD, GROUP), { uid: 7, gid: 8, additionalGids: [8], home: '/' });
  t.end();
});

t.test('an image without the files has numbers only', (t) => {
  t.same(resolveUser('', '', ''), { uid: 0, gid: 0, additionalGids: [0], home: '/' });
  t.throws(() => resolveUser('ann', '', ''), {
    code: 'INVALID_INPUT',
    message: 'unable to find user ann: no matching entries in passwd file',
  });
  t.throws(() => resolveUser('0:ann', '', ''), {
    message: 'unable to find group ann: no matching entries in group file',
  });
  t.end();
});

t.test('a damaged line makes nobody root', (t) => {
  const damaged = 'app:x:one:two::/:/bin/sh\nnone\n';
  t.throws(() => resolveUser('app', damaged, ''), { message: /unable to find user app/ });
  t.throws(() => resolveUser('2147483648', PASSWD, GROUP), { message: /must be in range/ });
  t.throws(() => resolveUser('0:-5', PASSWD, GROUP), { message: /must be in range/ });
  t.end();
});
