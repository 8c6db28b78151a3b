// What is reached beneath a directory stays there, whoever puts links in the way.
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';

const host = linuxHost();
const top = mkdtempSync(`${tmpdir()}/cutaway-beneath-`);
t.teardown(() => {
  rmSync(top, { recursive: true });
});
mkdirSync(`${top}/root/a/b`, { recursive: true });
writeFileSync(`${top}/secret`, 'secret');
writeFileSync(`${top}/root/a/b/file`, 'here');
linkSync(`${top}/root/a/b/file`, `${top}/root/hard`);
symlinkSync(top, `${top}/root/out`);
symlinkSync('a', `${top}/root/in`);
symlinkSync(`${top}/secret`, `${top}/root/a/secret`);
symlinkSync(`${top}/root`, `${top}/link`);
execFileSync('mkfifo', [`${top}/root/pipe`]);

t.test('openBeneath', (t) => {
  const text = (path: string) => {
    const file = host.openBeneath(`${top}/root`, path);
    try {
      return file.read(0, file.size).toString();
    } finally {
      file.close();
    }
  };
  for (const path of ['/a/b/file', 'a//b/./file', '/hard']) t.equal(text(path), 'here', path);
  for (const path of ['/out/secret', '/in/b/file', '/a/secret', '/a/../../secret', '/../secret']) {
    t.throws(() => text(path), { name: 'CutawayError' }, path);
  }
  for (const path of ['/a', '/pipe', '/none', '/none/x', '/hard/x', '/']) {
    t.throws(() => text(path), { name: 'CutawayError' }, path);
  }
  t.throws(() => host.openBeneath(`${top}/link`, '/hard'), 'the root is no link either');
  t.throws(() => text('/a/secret'), { message: `open "${top}/root/a/secret": ELOOP` });
  t.end();
});

t.test('holdDirectory', (t) => {
  const held = host.holdDirectory(`${top}/root`);
  host.rename(`${top}/root`, `${top}/moved`);
  t.equal(host.readFile(`${held.path}/hard`).toString(), 'here', 'whatever becomes of its name');
  host.createHardLink(`${held.path}/hard`, `${held.path}/twin`);
  t.equal(host.lstat(`${held.path}/twin`).links, 3);
  t.throws(
    () => {
      host.createHardLink(`${held.path}/hard`, `${held.path}/twin`);
    },
    {
      code: 'ALREADY_EXISTS',
    },
  );
  host.createHardLink(`${held.path}/out`, `${held.path}/out-2`);
  t.equal(host.lstat(`${held.path}/out-2`).type, 'symlink', 'a link is not followed');
  held.close();
  t.throws(() => host.holdDirectory(`${top}/link`));
  t.throws(() => host.holdDirectory(`${top}/moved/hard`));
  t.end();
});
