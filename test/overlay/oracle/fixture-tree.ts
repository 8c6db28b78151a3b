// The tree that containers change in the tests with engines: one copy for each script.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { host } from './bench.js';

/** A root file system of busybox alone, and `copies` directories `/t00`, `/t01`, … beneath it. */
export function makeRootfs(rootfs: string, copies: number): void {
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev']) fs.mkdirSync(join(rootfs, name));
  fs.copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  execFileSync(join(rootfs, 'bin/busybox'), ['--install', '-s', join(rootfs, 'bin')]);
  for (const name of fs.readdirSync(join(rootfs, 'bin'))) {
    if (name === 'busybox') continue;
    fs.unlinkSync(join(rootfs, 'bin', name));
    fs.symlinkSync('busybox', join(rootfs, 'bin', name));
  }
  fs.writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  for (let copy = 0; copy < copies; copy += 1) fillCopy(join(rootfs, directoryName(copy)));
}

export function directoryName(copy: number): string {
  return `t${String(copy).padStart(2, '0')}`;
}

function fillCopy(top: string): void {
  const write = (name: string, content: string): void => {
    fs.writeFileSync(join(top, name), content);
  };
  for (const name of ['', 'dir', 'dir/sub', 'dir/sub/deep', 'other', 'empty', 'links']) {
    fs.mkdirSync(join(top, name));
  }
  write('file', 'one\n');
  write('dir/a', 'a\n');
  write('dir/b', 'b\n');
  write('dir/sub/c', 'c\n');
  write('dir/sub/deep/d', 'd\n');
  write('other/e', 'e\n');
  write('links/first', 'linked\n');
  fs.linkSync(join(top, 'links/first'), join(top, 'links/second'));
  fs.symlinkSync('file', join(top, 'symlink'));
  fs.symlinkSync('dir', join(top, 'symlink-to-dir'));
  host.makeNode(join(top, 'fifo'), 'fifo', 0, 0, 0o644);
  host.makeNode(join(top, 'null'), 'char', 1, 3, 0o666);
  host.makeNode(join(top, 'loop'), 'block', 7, 0, 0o660);
  host.setXattr(join(top, 'other/e'), 'user.note', Buffer.from('here'));
}
