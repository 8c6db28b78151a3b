import { encodeName, isUtf8Name } from '../oci/byte-name.js';

/** What node:fs takes for a path in byte-name form: text, or the bytes where text would lie. */
export function nodePath(path: string): string | Buffer {
  return isUtf8Name(path) ? path : encodeName(path);
}

/** The same for a C function: bytes that end in NUL. */
export function cPath(path: string): Buffer {
  return Buffer.concat([encodeName(path), NUL]);
}

const NUL = Buffer.from([0]);
