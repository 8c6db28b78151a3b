// /proc/PID/mountinfo: proc_pid_mountinfo(5).
import { decodeName } from '../oci/byte-name.js';
import { unescapeMount } from '../oci/mount-escape.js';
import type { ReadHost } from '../host/host.js';

/** Fields are unescaped, except in `raw`. */
export interface MountinfoLine {
  readonly mountId: number;
  readonly parentId: number;
  /** "major:minor" of files on it (st_dev). */
  readonly device: string;
  /** The directory (or nsfs name: "net:[4026531833]") within the file system that is mounted. */
  readonly root: string;
  /** As seen from the root of the process. */
  readonly mountPoint: string;
  /** Of this mount: "rw,relatime". */
  readonly options: string;
  /** "shared:12", "master:3", "propagate_from:2", "unbindable". */
  readonly optionalFields: readonly string[];
  /** "ext4", "overlay", "fuse.sshfs". */
  readonly type: string;
  readonly source: string;
  /** Of the file system. A comma within a value is a plain comma here: see `rawSuperOptions`. */
  readonly superOptions: string;
  /** Escaped as the kernel wrote it, so that "\054" within a value is not yet a separator. */
  readonly rawSuperOptions: string;
  readonly raw: string;
}

/** st_dev as mountinfo writes it: makedev(3) of glibc. */
export function formatDevice(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

/** A mount namespace holds at most sysctl fs.mount-max (100,000) mounts. */
const MOUNTINFO_LIMIT = 128 * 1024 * 1024;

/** A line that is no mountinfo line is left out. */
export function parseMountinfo(text: string): MountinfoLine[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

export function readMountinfo(host: ReadHost, pid: number | 'self'): MountinfoLine[] {
  return parseMountinfo(decodeName(host.readFile(`/proc/${pid}/mountinfo`, MOUNTINFO_LIMIT)));
}

function parseLine(raw: string): MountinfoLine | undefined {
  // Separated by single spaces: an empty source leaves two in a row.
  const fields = raw.split(' ');
  const [mountId, parentId, device, root, mountPoint, options] = fields;
  const separator = fields.indexOf('-', 6);
  if (separator === -1 || device === undefined || options === undefined) return undefined;
  if (!/^\d+$/.test(mountId ?? '') || !/^\d+$/.test(parentId ?? '')) return undefined;
  const rawSuperOptions = fields.slice(separator + 3).join(' ');
  return {
    mountId: Number(mountId),
    parentId: Number(parentId),
    device,
    root: unescapeMount(root ?? ''),
    mountPoint: unescapeMount(mountPoint ?? ''),
    options: unescapeMount(options),
    optionalFields: fields.slice(6, separator),
    type: unescapeMount(fields[separator + 1] ?? ''),
    source: unescapeMount(fields[separator + 2] ?? ''),
    superOptions: unescapeMount(rawSuperOptions),
    rawSuperOptions,
    raw,
  };
}
