import { encodeName, isUtf8Name } from '../oci/byte-name.js';

/** The bytes of a name under `key`, where its text cannot say them: as documents carry both. */
export function bytesOf<Key extends string>(key: Key, name: string): Partial<Record<Key, string>> {
  if (isUtf8Name(name)) return {};
  return { [key]: encodeName(name).toString('base64') } as Record<Key, string>;
}
