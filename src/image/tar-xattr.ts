import { decodeName } from '../oci/byte-name.js';
import type { TarEntry } from './tar-entry.js';
import { unescapeXattrName } from './tar-header-writer.js';

const SCHILY = 'SCHILY.xattr.';
const LIBARCHIVE = 'LIBARCHIVE.xattr.';
const NONE: ReadonlyMap<string, Buffer> = new Map();

export interface TarXattrs {
  readonly values: ReadonlyMap<string, Buffer>;
  /** Some stand only in records that GNU tar does not read. */
  readonly isForLibarchiveAlone: boolean;
}

/** Extended attributes of an entry, as bytes: star's records, or else libarchive's in base64. */
export function readTarXattrs(entry: TarEntry): TarXattrs {
  if (entry.pax.length === 0) return { values: NONE, isForLibarchiveAlone: false };
  const values = new Map<string, Buffer>();
  const fallback = new Map<string, Buffer>();
  for (const { key, value } of entry.pax) {
    if (key.startsWith(SCHILY)) {
      values.set(unescapeXattrName(key.slice(SCHILY.length)), value);
    } else if (key.startsWith(LIBARCHIVE)) {
      const name = unescapeUrl(key.slice(LIBARCHIVE.length));
      fallback.set(name, Buffer.from(value.toString('latin1'), 'base64'));
    }
  }
  const missing = [...fallback].filter(([name]) => !values.has(name));
  for (const [name, value] of missing) values.set(name, value);
  return { values, isForLibarchiveAlone: missing.length > 0 };
}

function unescapeUrl(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return decodeName(Buffer.from(bytes, 'latin1'));
}
