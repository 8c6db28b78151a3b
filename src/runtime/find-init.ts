import type { Host } from '../host/host.js';
import { CutawayError } from '../oci/error.js';

/** By any of these names; podman keeps its own apart. */
const CANDIDATES = [
  'docker-init',
  'tini-static',
  'tini',
  'catatonit',
  '/usr/libexec/podman/catatonit',
  '/usr/lib/podman/catatonit',
];

/** Where it is seen inside: on a file system of its own, so that it is no change of the container's. */
export const INIT_PATH = '/dev/init';

/** An init of this host that runs in any container: it must need no library of the host's. */
export function findInit(host: Host): string {
  for (const name of CANDIDATES) {
    const found = host.findProgram(name);
    if (found === undefined) continue;
    const path = host.realPath(found);
    if (isStatic(host, path)) return path;
  }
  throw new CutawayError('UNAVAILABLE', '--init: this host has no init that runs in containers', {
    hint: 'apt-get install -y tini (tini-static), or catatonit',
  });
}

const PT_INTERP = 3;

/** elf(5): a program that needs no libraries has no segment that names an interpreter. 64 bits only. */
function isStatic(host: Host, path: string): boolean {
  const file = host.openFile(path);
  try {
    const header = file.read(0, 64);
    const isElf64 =
      header.length === 64 && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2;
    if (!isElf64) return false;
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = Buffer.from(file.read(Number(header.readBigUInt64LE(32)), size * count));
    for (let at = 0; at + 4 <= table.length; at += size) {
      if (table.readUInt32LE(at) === PT_INTERP) return false;
    }
    return true;
  } finally {
    file.close();
  }
}
