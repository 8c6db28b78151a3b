// What `tree` and `diff` leave out and keep, on an image made for it.
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { makeCutaway, type Cutaway } from '../support/cli.js';

type Json = ReturnType<typeof JSON.parse>;

const base = buildLayer([
  { path: 'etc/a.conf', content: 'one\n' },
  { path: 'etc/deep/b.conf', content: 'x'.repeat(100) },
  { path: 'etc/deep/c', content: 'x'.repeat(1000) },
  { path: 'usr/big', content: 'x'.repeat(5000) },
  { path: 'usr/big2', type: 'link', linkTarget: 'usr/big' },
  { path: 'usr/link', linkTarget: 'big' },
]);
const top = buildLayer([
  { path: 'etc/a.conf', content: 'two\n' },
  { path: 'etc/deep/.wh.c' },
  { path: 'opt/moved', content: 'x'.repeat(1000) },
  { path: 'etc/hosts', content: '' },
]);

function makeImage(cutaway: Cutaway): string {
  const archive = `${cutaway.directory}/image.tar`;
  writeFileSync(archive, buildDockerArchive([{ layers: [base, top], tags: ['mine:1'] }]));
  return archive;
}

t.test('tree', async (t) => {
  const cutaway = makeCutaway(t);
  const image = makeImage(cutaway);
  const paths = async (...options: string[]) => {
    const { entries } = await cutaway.json('tree', ...options, image);
    return (entries as Json[]).map(
      ({ path, above }) => `${above === true ? '(' : ''}${String(path)}`,
    );
  };
  t.same(await paths('--filter', '*.conf'), [
    '(/',
    '(/etc',
    '/etc/a.conf',
    '(/etc/deep',
    '/etc/deep/b.conf',
  ]);
  t.same(await paths('--filter', 'deep', '--filter', '/opt'), [
    '(/',
    '(/etc',
    '/etc/deep',
    '/etc/deep/b.conf',
    '/opt',
    '/opt/moved',
  ]);
  t.same(await paths('--kind', 'symlink'), ['(/', '(/usr', '/usr/link']);
  t.same(await paths('--layer', '2', '--kind', 'file'), [
    '(/',
    '(/etc',
    '/etc/a.conf',
    '/etc/hosts',
    '(/opt',
    '/opt/moved',
  ]);
  t.same(
    (await paths('--sort', 'size', '--kind', 'file')).filter(
      (path) => !path.startsWith('(/') || path === '(/usr',
    ),
    [
      '(/usr',
      '/usr/big',
      '/usr/big2',
      '/opt/moved',
      '/etc/deep/b.conf',
      '/etc/a.conf',
      '/etc/hosts',
    ].filter(Boolean),
  );
  const document = await cutaway.json('tree', image);
  const sizes = Object.fromEntries(
    (document.entries as Json[]).map(({ path, treeSize }) => [path, treeSize]),
  );
  t.match(sizes, { '/': 6104, '/usr': 5000, '/etc': 104, '/etc/deep': 100, '/opt': 1000 });
  t.equal(document.totals.contentSize, 6104);
  const own = await cutaway.json('tree', '--layer', '2', '--whiteouts', image, '/etc');
  t.same(own.whiteouts, [{ path: '/etc/deep/c' }]);
  t.same(
    (own.entries as Json[]).map(({ path }) => path as string),
    ['/etc', '/etc/a.conf', '/etc/deep', '/etc/hosts'],
  );
  for (const options of [
    ['--whiteouts'],
    ['--layer', '3'],
    ['--kind', 'nonsense'],
    ['--filter', '['],
  ]) {
    t.equal((await cutaway.run(['tree', ...options, image])).status, 2, options.join(' '));
  }
});

t.test('diff', async (t) => {
  const cutaway = makeCutaway(t);
  const image = makeImage(cutaway);
  const changes = async (...options: string[]) => {
    const document = await cutaway.json('diff', ...options, `${image}@1`, image);
    return (document.changes as Json[]).map(({ kind, path }) => `${String(kind)} ${String(path)}`);
  };
  const all = ['C /etc/a.conf', 'D /etc/deep/c', 'A /etc/hosts', 'A /opt', 'A /opt/moved'];
  t.same(await changes(), all);
  t.same(await changes('--only', 'a,d'), all.slice(1));
  t.same(await changes('--path', '/etc', '--ignore', '*.conf'), all.slice(1, 3));
  const {
    changes: records,
    totals,
    directories,
  } = await cutaway.json('diff', '--content', `${image}@1`, image);
  t.match(records, [
    { path: '/etc/a.conf', content: { kind: 'text', patch: '@@ -1 +1 @@\n-one\n+two\n' } },
    { path: '/etc/deep/c', movedTo: '/opt/moved', content: undefined },
    { path: '/etc/hosts', madeBy: 'engine' },
    { path: '/opt' },
    { path: '/opt/moved', movedFrom: '/etc/deep/c' },
  ]);
  t.match(totals, { added: 3, changed: 1, deleted: 1, moved: 1, byEngine: 1, bytesAdded: 1004 });
  t.match(directories, [
    { path: '/etc', added: 1 },
    { path: '/opt', added: 2, bytesAdded: 1000 },
  ]);
  t.equal(
    (await cutaway.run(['diff', '--exit-code', '--ignore', '*', `${image}@1`, image])).status,
    0,
  );
  t.equal((await cutaway.run(['diff', '--exit-code', `${image}@1`, image])).status, 1);
  t.equal((await cutaway.run(['diff', '--only', 'X', image])).status, 2);
});
