// The order of paths, without making a string: documents sort millions of them.
import { encodeName } from '../oci/byte-name.js';

const SLASH = 47;
/** From here on the order of UTF-16 is not that of bytes. */
const SURROGATES = 0xd800;

/**
 * Negative, zero or positive: parents before children, siblings by the bytes of their names, a
 * directory's tree together.
 */
export function comparePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // A directory's tree stands before a sibling whose name goes on: "/a/x" before "/a.b".
    if (left === SLASH) return -1;
    if (right === SLASH) return 1;
    if (left < SURROGATES && right < SURROGATES) return left - right;
    return compareBytes(a, b);
  }
  return a.length - b.length;
}

/** A slash is the least of all bytes. */
function compareBytes(a: string, b: string): number {
  const bytes = (path: string): Buffer => encodeName(path.replaceAll('/', '\0'));
  return Buffer.compare(bytes(a), bytes(b));
}

/** What every path beneath `path` starts with. */
export function prefixBeneath(path: string): string {
  return path === '/' ? '/' : `${path}/`;
}
