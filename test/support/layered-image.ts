// An image in which later layers do to files everything that layers can do.
import { buildLayer, type LayerItem } from './build-image.js';

const bytes = (letter: string, length: number): string => letter.repeat(length);

const BASE: readonly LayerItem[] = [
  { path: 'etc/' },
  { path: 'etc/passwd', content: 'root\n' },
  { path: 'etc/secret', content: 'hunter2\n' },
  { path: 'etc/same', content: 'same\n' },
  { path: 'etc/empty', content: '' },
  { path: 'flip', content: bytes('f', 150) },
  { path: 'hard', content: bytes('h', 4000) },
  { path: 'hard2', type: 'link', linkTarget: 'hard' },
  { path: 'moved/' },
  { path: 'moved/a', content: bytes('m', 800) },
  { path: 'opt/' },
  { path: 'opt/tool/' },
  { path: 'opt/tool/bin', content: bytes('b', 3000) },
  { path: 'opt/tool/deep/' },
  { path: 'opt/tool/deep/man', content: bytes('d', 500) },
  { path: 'soft', linkTarget: 'etc/passwd' },
  { path: 'swap/' },
  { path: 'swap/in', content: bytes('s', 300) },
  { path: 'tmp/' },
  { path: 'tmp/x', content: bytes('x', 700) },
  { path: 'usr/lib/a.so', content: bytes('a', 1000) },
  { path: 'usr/lib/b.so', content: bytes('l', 2000) },
];

const CHANGES: readonly LayerItem[] = [
  { path: 'etc/' },
  { path: 'etc/.wh.secret' },
  { path: 'etc/passwd', content: 'root\nuser\n' },
  { path: 'etc/same', content: 'same\n' },
  { path: 'flip/' },
  { path: 'flip/y', content: bytes('y', 20) },
  { path: 'moved/' },
  { path: 'moved/.wh.a' },
  { path: 'moved/b', content: bytes('m', 800) },
  { path: 'soft', linkTarget: 'etc/same' },
  { path: 'usr/lib/' },
  { path: 'usr/lib/.wh..wh..opq' },
  { path: 'usr/lib/b.so', content: bytes('l', 2000) },
];

const DELETIONS: readonly LayerItem[] = [
  { path: 'etc/secret', content: 'again\n', mode: 0o600 },
  { path: 'hard', content: bytes('H', 10) },
  { path: 'opt/.wh.tool' },
  { path: 'swap', content: bytes('w', 30) },
];

const REMAKES: readonly LayerItem[] = [
  { path: '.wh.tmp' },
  { path: 'etc/passwd', content: 'root\nuser\n', mode: 0o600 },
  { path: 'opt/tool/' },
  { path: 'opt/tool/bin', content: bytes('b', 3000) },
  { path: 'opt/tool/deep/new', content: bytes('n', 40) },
];

/** Its layers as tars, base first. */
export function layeredImage(): Buffer[] {
  return [BASE, CHANGES, DELETIONS, REMAKES].map(buildLayer);
}
