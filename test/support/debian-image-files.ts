// Files that no Debian package has and every reader of layers must cope with.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { linuxHost } from '../../src/host/linux-host.js';
import { decodeName, encodeName } from '../../src/oci/byte-name.js';

const host = linuxHost();

/** In the base, which Docker keeps byte for byte: what it would leave out of a layer it makes. */
export function addBaseFiles(rootfs: string): void {
  const top = join(rootfs, 'srv/base');
  fs.mkdirSync(top);
  const note = join(top, 'noted');
  fs.writeFileSync(note, 'noted\n');
  host.setXattr(note, 'user.note', Buffer.from('here'));
  host.setXattr(note, 'user.empty', Buffer.alloc(0));
  host.setXattr(note, 'user.binary', Buffer.from([0, 0xff, 0x0a, 0x3d, 0x80]));
  host.setXattr(note, 'trusted.note', Buffer.from('root only'));
  host.setXattr(top, 'user.note', Buffer.from('on a directory'));
  addCapability(join(top, 'capable'));
  const sparse = join(top, 'sparse');
  fs.writeFileSync(sparse, '');
  for (const at of [1 << 20, 3 << 20]) writeAt(sparse, at, 'data between holes');
  fs.truncateSync(sparse, 5 << 20);
  fs.writeFileSync(join(top, 'before-1970'), '');
  host.setModifiedTime(join(top, 'before-1970'), -86_400_500_000_000n);
  fs.writeFileSync(join(top, 'exact'), '');
  host.setModifiedTime(join(top, 'exact'), 1_700_000_000_123_456_789n);
  fs.writeFileSync(join(top, 'owned'), '');
  fs.chownSync(join(top, 'owned'), 3_000_000_000, 4_000_000_000);
  addOddNames(top);
}

function writeAt(path: string, position: number, text: string): void {
  const file = fs.openSync(path, 'r+');
  fs.writeSync(file, text, position);
  fs.closeSync(file);
}

/** capabilities(7): revision 2, effective, CAP_NET_RAW permitted. */
function addCapability(path: string): void {
  fs.writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
  const value = Buffer.alloc(20);
  value.writeUInt32LE(0x0200_0001, 0);
  value.writeUInt32LE(1 << 13, 4);
  host.setXattr(path, 'security.capability', value);
}

const ODD_NAMES: readonly Buffer[] = [
  ...['a b', 'new\nline', 'colon:comma,', 'back\\slash', '-rf', 'ünïcode ☃ \u{1f4a3}'].map((name) =>
    Buffer.from(name),
  ),
  Buffer.from([0x6c, 0x61, 0x74, 0x69, 0x6e, 0xe9]),
  Buffer.from('\u001b[31mred\u001b[0m'),
  Buffer.from('n'.repeat(255)),
];

/** Names, a path longer than any header field, second names, nodes. */
export function addOddNames(top: string): void {
  for (const [at, name] of ODD_NAMES.entries()) {
    fs.writeFileSync(encodeName(join(top, decodeName(name))), name);
    fs.linkSync(encodeName(join(top, decodeName(name))), join(top, `link-${at}`));
  }
  const deep = join(top, ...Array.from({ length: 12 }, (_, at) => `${at}-${'deep'.repeat(10)}`));
  fs.mkdirSync(deep, { recursive: true });
  fs.writeFileSync(join(deep, 'bottom'), 'bottom\n');
  fs.symlinkSync(decodeName(Buffer.from([0x6e, 0xff, 0x6f])), join(top, 'to-latin'));
  host.makeNode(join(top, 'fifo'), 'fifo', 0, 0, 0o644);
  fs.mkdirSync(join(top, 'set'), { mode: 0o755 });
  fs.chmodSync(join(top, 'set'), 0o7777);
  host.setModifiedTime(join(top, 'set'), 1_000_000_000_000_000_000n);
}

/** The context of layers.Dockerfile. */
export function addContextFiles(context: string, scratch: string): void {
  const odd = join(scratch, 'odd');
  fs.mkdirSync(odd);
  addOddNames(odd);
  addCapability(join(odd, 'capable'));
  packTar(odd, join(context, 'odd.tar'));
  const copied = join(context, 'copied');
  fs.mkdirSync(join(copied, 'below'), { recursive: true });
  fs.writeFileSync(join(copied, 'hello'), 'hello\n', { mode: 0o640 });
  fs.writeFileSync(join(copied, 'below/.hidden'), '');
  fs.symlinkSync('hello', join(copied, 'link'));
}

/**
 * With nanoseconds and every extended attribute. Not with GNU sparse members: Docker 20.10 imports
 * such a layer and then refuses to save it ("could not verify layer data").
 */
export function packTar(directory: string, file: string): void {
  const options = ['--format=pax', '--xattrs', '--xattrs-include=*', '--numeric-owner'];
  execFileSync('tar', [...options, '-C', directory, '-cf', file, '.'], { stdio: 'pipe' });
}
