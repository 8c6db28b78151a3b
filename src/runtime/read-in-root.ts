import type { Store } from './store/store.js';

const LIMIT = 4 * 1024 * 1024;

/** A file of the image, whatever links lead to it, and nothing outside of it; empty when there is none. */
export function readInRoot({ host }: Store, root: string, path: string): string {
  const found = host.resolveInRoot(root, path);
  if (found === undefined || host.findStatus(found)?.type !== 'file') return '';
  return host.readText(found, LIMIT);
}
