import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';

/** Bytes of the files beneath a directory, each hard-linked file once. What vanishes counts nothing. */
export function measureTree(host: ReadHost, directory: string): number {
  const seen = new Set<bigint>();
  const measure = (path: string): number => {
    try {
      const { type, size, links, inode } = host.lstat(path);
      if (type === 'directory') {
        const names = host.readDirectory(path).map(({ name }) => `${path}/${name}`);
        return names.reduce((total, name) => total + measure(name), 0);
      }
      if (type !== 'file' || (links > 1 && seen.has(inode))) return 0;
      seen.add(inode);
      return size;
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return 0;
      throw error;
    }
  };
  return measure(directory);
}
