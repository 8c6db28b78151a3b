// The image that our own store and containerd are both given.
import { readFileSync } from 'node:fs';
import { buildLayer, buildOciArchive, type LayerItem } from '../../support/build-image.js';

export const IMAGE = 'docker.io/library/layered:1';

/** Where runtimes mount: what an image lacks of them, each makes in a way of its own. */
const PLACES: readonly LayerItem[] = [
  ...['dev/', 'dev/pts/', 'dev/shm/', 'dev/mqueue/', 'proc/', 'run/', 'sys/'].map((path) => ({
    path,
  })),
  ...['dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'].map((path) => ({
    path,
    content: '',
  })),
];

/** Whiteouts, opaque directories, changed types: what containerd 1.6 can unpack of it. */
const LAYERS: readonly (readonly LayerItem[])[] = [
  [
    { path: 'bin/' },
    { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
    ...['sh', 'rm', 'mkdir', 'chmod', 'ln', 'sleep'].map((name) => ({
      path: `bin/${name}`,
      linkTarget: 'busybox',
    })),
    { path: 'etc/' },
    { path: 'etc/passwd', content: 'root\n' },
    { path: 'etc/secret', content: 'hunter2\n' },
    { path: 'flip', content: 'f'.repeat(150) },
    { path: 'hard', content: 'h'.repeat(4000) },
    { path: 'hard2', type: 'link', linkTarget: 'hard' },
    { path: 'opt/' },
    { path: 'opt/tool/' },
    { path: 'opt/tool/data', content: 'd'.repeat(3000) },
    { path: 'soft', linkTarget: 'etc/passwd' },
    { path: 'usr/' },
    { path: 'usr/lib/' },
    { path: 'usr/lib/a.so', content: 'a'.repeat(1000) },
    ...PLACES,
  ],
  [
    { path: 'etc/' },
    { path: 'etc/.wh.secret' },
    { path: 'etc/passwd', content: 'root\nuser\n' },
    { path: 'flip/' },
    { path: 'flip/y', content: 'y' },
    { path: 'usr/' },
    { path: 'usr/lib/' },
    { path: 'usr/lib/.wh..wh..opq' },
    { path: 'usr/lib/b.so', content: 'b'.repeat(2000) },
  ],
  [
    { path: 'etc/' },
    { path: 'etc/passwd', content: 'root\nuser\n', mode: 0o600 },
    { path: 'etc/secret', content: 'again\n' },
    { path: 'soft', linkTarget: 'etc/secret' },
  ],
];

export function imageArchive(): Buffer {
  const config = { Env: ['PATH=/bin'], Cmd: ['sh'] };
  return buildOciArchive([{ layers: LAYERS.map(buildLayer), tags: [IMAGE], config }]);
}
