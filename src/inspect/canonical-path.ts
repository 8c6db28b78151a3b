import { CutawayError } from '../oci/error.js';

/** "/usr/bin" of "usr//bin/": the one form that paths have in an index. */
export function canonicalPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new CutawayError('INVALID_INPUT', `path "${path}" contains ".."`);
  }
  return `/${parts.join('/')}`;
}
