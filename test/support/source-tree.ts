// A directory with everything a tar can hold. Needs root for devices and file capabilities.
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { Host } from '../../src/host/host.js';

export interface SourceTreeOptions {
  /** Names and links that fit into the header alone. */
  readonly shortNames?: boolean;
}

const MAKE = `
set -e
cd "$1"
mkdir -p etc/conf.d usr/bin empty 'with space'
printf 'root:x:0:0\\n' > etc/passwd
: > etc/empty
printf x > etc/one
head -c 511 /dev/zero | tr '\\0' a > etc/511
head -c 512 /dev/zero | tr '\\0' b > etc/512
head -c 513 /dev/zero | tr '\\0' c > etc/513
seq 1 40000 > usr/numbers
printf '#!/bin/sh\\n' > usr/bin/tool
chmod 4755 usr/bin/tool
chmod 1777 empty
ln usr/bin/tool usr/bin/same
ln -s ../etc/passwd usr/link
ln -s /absolute/target usr/absolute
ln -s etc dirlink
mkfifo -m 600 pipe
printf 'new\\nline' > 'with space/a b'
printf 1 > "$(printf 'line\\nbreak')"
printf 2 > "$(printf 'byte\\377name')"
printf 3 > 'grün-日本'
chown 1000:100 etc/one
chown 3000000:3000000 etc/511
chown -h 7:8 usr/link
if [ "$2" = long ]; then
  n=$(printf 'n%.0s' $(seq 1 120))
  mkdir -p "deep/$n/$n"
  printf long > "deep/$n/$n/file"
  ln "deep/$n/$n/file" "deep/$n/hard"
  ln -s "../$n/$n/file" "deep/symlink"
fi
if [ "$(id -u)" = 0 ]; then
  mknod -m 640 char c 4 65
  mknod -m 660 block b 259 70000
fi
touch -h -d '2001-02-03 04:05:06.123456789 UTC' etc/passwd usr/link
touch -d '1969-12-31 23:59:58.5 UTC' etc/512
touch -d '2033-05-18 03:33:20 UTC' empty etc usr
`;

/** Fills the empty directory `path`. */
export function makeSourceTree(
  host: Host,
  path: string,
  { shortNames = false }: SourceTreeOptions = {},
): void {
  execFileSync('bash', ['-c', MAKE, 'bash', path, shortNames ? 'short' : 'long']);
  if (host.effectiveUid === 0) setXattrs(host, path);
  makeSparse(
    `${path}/sparse`,
    [
      [65_536, 'middle'],
      [600_000, 'late'],
    ],
    900_000,
  );
  makeSparse(`${path}/all-hole`, [], 100_000);
  makeSparse(
    `${path}/many-holes`,
    Array.from({ length: 60 }, (_, i) => [i * 8_192, `data ${i}`]),
    500_000,
  );
}

function setXattrs(host: Host, path: string): void {
  const set = (name: string, attribute: string, hex: string) => {
    host.setXattr(`${path}/${name}`, attribute, Buffer.from(hex, 'hex'));
  };
  const { mtime } = host.lstat(`${path}/etc/passwd`);
  set('etc/passwd', 'user.plain', '68656c6c6f');
  set('etc/passwd', 'user.binary', '00ff0a3d00');
  set('etc/passwd', 'user.a=b%c', '25');
  set('etc/conf.d', 'user.on-dir', '64');
  // VFS_CAP_REVISION_2 with cap_net_raw: capabilities(7).
  set('usr/numbers', 'security.capability', '0100000200200000000000000000000000000000');
  host.setModifiedTime(`${path}/etc/passwd`, mtime);
}

function makeSparse(
  path: string,
  data: readonly (readonly [number, string])[],
  size: number,
): void {
  const fd = openSync(path, 'w');
  for (const [position, text] of data) writeSync(fd, text, position);
  ftruncateSync(fd, size);
  closeSync(fd);
}
