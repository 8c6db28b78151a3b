// What Linux can make on a disk; a tar can name more.
import { encodeName } from '../oci/byte-name.js';
import type { OrdinaryEntry } from './layer-entry.js';

/** limits.h: bytes of a name, and of a path without its NUL. */
const NAME_MAX = 255;
const PATH_MAX = 4095;
/** linux/kdev_t.h, MKDEV. */
const MAJOR_MAX = 0xfff;
const MINOR_MAX = 0xfffff;

/** Why no file system here can have such an entry; undefined when one can. */
export function whyNotMade(entry: OrdinaryEntry): string | undefined {
  return whyNoPath(entry.path) ?? whyNoLink(entry.linkTarget) ?? whyNoDevice(entry);
}

/** Why no file system here can have such a path; undefined when one can. */
export function whyNoPath(path: string): string | undefined {
  // No character is more than four bytes.
  if (path.length <= NAME_MAX / 4) return undefined;
  const bytes = encodeName(path);
  if (bytes.length > PATH_MAX) return `a path of ${bytes.length} bytes; Linux takes ${PATH_MAX}`;
  const longest = longestName(bytes);
  return longest > NAME_MAX ? `a name of ${longest} bytes; Linux takes ${NAME_MAX}` : undefined;
}

function whyNoLink(target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  if (target === '') return 'a symlink to nothing';
  const { length } = encodeName(target);
  return length > PATH_MAX ? `a symlink to ${length} bytes; Linux takes ${PATH_MAX}` : undefined;
}

function whyNoDevice({ major = 0, minor = 0 }: OrdinaryEntry): string | undefined {
  const isOne = major <= MAJOR_MAX && minor <= MINOR_MAX;
  return isOne ? undefined : `a device ${major}:${minor}, which Linux cannot number`;
}

const SLASH = 0x2f;

function longestName(path: Buffer): number {
  let longest = 0;
  let from = 0;
  for (let at = 0; at <= path.length; at += 1) {
    if (at < path.length && path[at] !== SLASH) continue;
    longest = Math.max(longest, at - from);
    from = at + 1;
  }
  return longest;
}
