// An image in which everything can be tampered with, and what an intruder would do to its layers.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  lchownSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { linuxHost } from '../../../src/host/linux-host.js';
import { buildLayer, type LayerItem } from '../../support/build-image.js';

const host = linuxHost();
/** VFS_CAP_REVISION_2 with the effective bit and cap_net_raw: capability.h. */
const NET_RAW = Buffer.from('0100000200200000000000000000000000000000', 'hex');

const BASE: readonly LayerItem[] = [
  { path: './' },
  { path: 'bin/' },
  { path: 'bin/tool', content: 'x'.repeat(70_000), mode: 0o4755 },
  { path: 'bin/ping', content: 'ping', mode: 0o755, xattrs: { 'security.capability': NET_RAW } },
  { path: 'dev/' },
  { path: 'dev/null', type: 'char', major: 1, minor: 3, mode: 0o666 },
  { path: 'etc/' },
  { path: 'etc/empty', content: '' },
  { path: 'etc/gone', content: 'gone\n' },
  { path: 'etc/hard', content: 'hard\n' },
  { path: 'etc/a-hard', type: 'link', linkTarget: 'etc/hard' },
  { path: 'etc/link', linkTarget: 'passwd' },
  { path: 'etc/passwd', content: 'root:x:0:0\n' },
  { path: 'etc/pipe', type: 'fifo' },
  { path: 'etc/shadow', content: 'root:!\n', mode: 0o600, uid: 3, gid: 42 },
  { path: 'etc/noted', content: 'noted\n', xattrs: { 'user.note': 'kept' } },
  { path: 'opt/' },
  { path: 'opt/d/' },
  { path: 'opt/d/in', content: 'in\n' },
  { path: 'old/' },
  { path: 'old/below', content: 'below\n' },
  { path: 'tmp/', mode: 0o1777 },
  { path: `long/${'n'.repeat(120)}`, content: 'a long name\n' },
  { path: 'usr/share/implied', content: 'no entry for what is above\n' },
];

const CHANGES: readonly LayerItem[] = [
  { path: 'etc/' },
  { path: 'etc/.wh.gone' },
  { path: 'old/' },
  { path: 'old/.wh..wh..opq' },
  { path: 'old/new', content: 'new\n' },
];

export function tamperImage(): Buffer[] {
  return [BASE, CHANGES].map(buildLayer);
}

export interface Tampering {
  readonly name: string;
  /** Base is 1. */
  readonly layer: number;
  /** "FINDING PATH" of all that is to be found. */
  readonly expected: readonly string[];
  readonly act: (directory: string) => void;
}

/** What `touch -r` does for an intruder who is careful. */
function keepingTime(path: string, act: () => void): void {
  const { atime, mtime } = statSync(path);
  act();
  utimesSync(path, atime, mtime);
}

export const TAMPERINGS: readonly Tampering[] = [
  {
    name: 'one byte of a file, with its time put back',
    layer: 1,
    expected: ['content /bin/tool'],
    act: (root) => {
      const path = `${root}/bin/tool`;
      keepingTime(path, () => {
        writeFileSync(path, `${'x'.repeat(69_999)}y`);
        chmodSync(path, 0o4755);
      });
    },
  },
  {
    name: 'a file by way of another that is moved there',
    layer: 1,
    expected: ['content /etc/passwd'],
    act: (root) => {
      writeFileSync(`${root}/etc/new`, 'toor:x:0:0\n', { mode: 0o644 });
      renameSync(`${root}/etc/new`, `${root}/etc/passwd`);
    },
  },
  {
    name: 'more bytes',
    layer: 1,
    expected: ['size /etc/passwd'],
    act: (root) => {
      appendFileSync(`${root}/etc/passwd`, 'me:x:0:0\n');
    },
  },
  {
    name: 'mode',
    layer: 1,
    expected: ['mode /etc/shadow'],
    act: (root) => {
      chmodSync(`${root}/etc/shadow`, 0o644);
    },
  },
  {
    name: 'mode of a directory that the tar only implies',
    layer: 1,
    expected: ['mode /usr/share'],
    act: (root) => {
      chmodSync(`${root}/usr/share`, 0o777);
    },
  },
  {
    name: 'mode of the top',
    layer: 1,
    expected: ['mode /'],
    act: (root) => {
      chmodSync(root, 0o777);
    },
  },
  {
    name: 'owner',
    layer: 1,
    expected: ['owner /etc/shadow'],
    act: (root) => {
      lchownSync(`${root}/etc/shadow`, 1000, 42);
    },
  },
  {
    name: 'capabilities',
    layer: 1,
    expected: ['xattrs /etc/passwd'],
    act: (root) => {
      host.setXattr(`${root}/etc/passwd`, 'security.capability', NET_RAW);
    },
  },
  {
    name: 'the value of an attribute',
    layer: 1,
    expected: ['xattrs /etc/noted'],
    act: (root) => {
      host.setXattr(`${root}/etc/noted`, 'user.note', Buffer.from('lost'));
    },
  },
  {
    name: 'a redirect to elsewhere',
    layer: 1,
    expected: ['xattrs /opt/d'],
    act: (root) => {
      host.setXattr(`${root}/opt/d`, 'trusted.overlay.redirect', Buffer.from('/etc'));
    },
  },
  {
    name: 'a link in the place of a file',
    layer: 1,
    expected: ['type /etc/passwd'],
    act: (root) => {
      rmSync(`${root}/etc/passwd`);
      symlinkSync('/tmp/passwd', `${root}/etc/passwd`);
    },
  },
  {
    name: 'a pipe in the place of a file, which hangs who opens it',
    layer: 1,
    expected: ['type /bin/tool'],
    act: (root) => {
      rmSync(`${root}/bin/tool`);
      execFileSync('mkfifo', [`${root}/bin/tool`]);
    },
  },
  {
    name: 'a link in the place of a directory',
    layer: 1,
    expected: ['type /opt/d'],
    act: (root) => {
      rmSync(`${root}/opt/d`, { recursive: true });
      mkdirSync(`${root}/../elsewhere`);
      writeFileSync(`${root}/../elsewhere/in`, 'in\n');
      symlinkSync(`${root}/../elsewhere`, `${root}/opt/d`);
    },
  },
  {
    name: 'where a link leads',
    layer: 1,
    expected: ['link /etc/link'],
    act: (root) => {
      rmSync(`${root}/etc/link`);
      symlinkSync('shadow', `${root}/etc/link`);
    },
  },
  {
    name: 'which device a node is',
    layer: 1,
    expected: ['device /dev/null'],
    act: (root) => {
      rmSync(`${root}/dev/null`);
      execFileSync('mknod', ['-m', '666', `${root}/dev/null`, 'c', '1', '5']);
    },
  },
  {
    name: 'a name of its own for a copy',
    layer: 1,
    expected: ['hardLink /etc/hard'],
    act: (root) => {
      execFileSync('cp', ['-p', `${root}/etc/hard`, `${root}/etc/copy`]);
      renameSync(`${root}/etc/copy`, `${root}/etc/a-hard`);
    },
  },
  {
    name: 'a file that is another one, too',
    layer: 1,
    expected: ['content /etc/hard'],
    act: (root) => {
      writeFileSync(`${root}/etc/a-hard`, 'HARD\n');
    },
  },
  {
    name: 'time',
    layer: 1,
    expected: ['mtime /etc/passwd'],
    act: (root) => {
      utimesSync(`${root}/etc/passwd`, 1, 1_600_000_000);
    },
  },
  {
    name: 'a file taken away',
    layer: 1,
    expected: ['missing /etc/shadow'],
    act: (root) => {
      rmSync(`${root}/etc/shadow`);
    },
  },
  {
    name: 'a directory taken away with what is in it',
    layer: 1,
    expected: ['missing /opt/d'],
    act: (root) => {
      rmSync(`${root}/opt/d`, { recursive: true });
    },
  },
  {
    name: 'a file put there',
    layer: 1,
    expected: ['added /bin/backdoor'],
    act: (root) => {
      copyFileSync(`${root}/bin/tool`, `${root}/bin/backdoor`);
    },
  },
  {
    name: 'another name for a file',
    layer: 1,
    expected: ['added /bin/sudo'],
    act: (root) => {
      linkSync(`${root}/bin/tool`, `${root}/bin/sudo`);
    },
  },
  {
    name: 'a whiteout in the place of a file',
    layer: 1,
    expected: ['whiteout /etc/passwd'],
    act: (root) => {
      rmSync(`${root}/etc/passwd`);
      execFileSync('mknod', [`${root}/etc/passwd`, 'c', '0', '0']);
    },
  },
  {
    name: 'a whiteout of what is below',
    layer: 2,
    expected: ['whiteout /etc/shadow'],
    act: (root) => {
      execFileSync('mknod', [`${root}/etc/shadow`, 'c', '0', '0']);
    },
  },
  {
    name: 'a whiteout taken away',
    layer: 2,
    expected: ['whiteout /etc/gone'],
    act: (root) => {
      rmSync(`${root}/etc/gone`);
    },
  },
  {
    name: 'a directory made opaque',
    layer: 2,
    expected: ['opaque /etc'],
    act: (root) => {
      host.setXattr(`${root}/etc`, 'trusted.overlay.opaque', Buffer.from('y'));
    },
  },
  {
    name: 'a directory no longer opaque',
    layer: 2,
    expected: ['opaque /old'],
    act: (root) => {
      host.setXattr(`${root}/old`, 'trusted.overlay.opaque', Buffer.from('n'));
    },
  },
  {
    name: 'several at once',
    layer: 1,
    expected: ['mode /etc/hard', 'owner /etc/hard', 'size /etc/passwd'],
    act: (root) => {
      chmodSync(`${root}/etc/hard`, 0o600);
      lchownSync(`${root}/etc/hard`, 7, 7);
      writeFileSync(`${root}/etc/passwd`, '');
    },
  },
];
