import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { tarBytes } from '../../../src/runtime/embedded/tar-bytes.js';

t.test('GNU tar reads what was written', (t) => {
  const tar = tarBytes(
    [
      { type: 'directory', path: 'd', mode: 0o1777 },
      { type: 'file', path: 'd/full', mode: 0o640, content: Buffer.alloc(512, 'x') },
      { type: 'file', path: 'd/empty', mode: 0o4755, content: Buffer.alloc(0) },
      { type: 'file', path: 'd/한글', mode: 0o644, content: Buffer.from('text') },
      { type: 'symlink', path: 'l', target: 'd/full' },
    ],
    1_000_000_000,
  );
  t.equal(tar.length % 512, 0);
  const folder = t.testdir();
  const { status, stderr } = spawnSync('tar', ['-xpf', '-', '-C', folder], {
    input: tar,
    encoding: 'utf8',
  });
  t.same({ status, stderr }, { status: 0, stderr: '' });
  const mode = (name: string) => (lstatSync(join(folder, name)).mode & 0o7777).toString(8);
  t.same(['d', 'd/full', 'd/empty'].map(mode), ['1777', '640', '4755']);
  t.equal(readFileSync(join(folder, 'd/full'), 'utf8'), 'x'.repeat(512));
  t.equal(readFileSync(join(folder, 'd/한글'), 'utf8'), 'text');
  t.equal(readlinkSync(join(folder, 'l')), 'd/full');
  t.equal(lstatSync(join(folder, 'd/full')).mtimeMs, 1_000_000_000_000);
  t.end();
});

t.test('a name that the format has no room for is an error, not another name', (t) => {
  const path = 'x'.repeat(101);
  t.throws(() => tarBytes([{ type: 'directory', path, mode: 0 }], 0), /over 100 bytes/);
  t.end();
});
