// What our reader sees in a database, in the lines that fixtures/bolt/main.go writes of bbolt's.
import type { BoltBucket } from '../../../src/engines/bolt/bucket.js';
import type { BoltFile } from '../../../src/engines/bolt/meta-page.js';
import { readConsistently } from '../../../src/engines/bolt/read-bolt.js';
import { encodeName } from '../../../src/oci/byte-name.js';

/** All of it, so that every page is read. */
export function dumpBolt(bytes: Uint8Array): string {
  return readConsistently(bytesFile(bytes), dumpBucket, { what: 'database' });
}

export function bytesFile(bytes: Uint8Array): BoltFile {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { read: (position, length) => all.subarray(position, position + length) };
}

export function dumpBucket(root: BoltBucket): string {
  return listBucket('', root)
    .map((line) => `${line}\n`)
    .join('');
}

function listBucket(path: string, bucket: BoltBucket): string[] {
  const hex = (key: string) => encodeName(key).toString('hex');
  const name = (key: string) => (path === '' ? hex(key) : `${path}/${hex(key)}`);
  const values = [...bucket.values].map(([key, value]) => ({
    key: encodeName(key),
    lines: [`${name(key)}=${value.toString('hex')}`],
  }));
  const buckets = [...bucket.buckets].map(([key, open]) => ({
    key: encodeName(key),
    lines: [`${name(key)}/`, ...listBucket(name(key), open())],
  }));
  return [...values, ...buckets].sort((a, b) => a.key.compare(b.key)).flatMap(({ lines }) => lines);
}
