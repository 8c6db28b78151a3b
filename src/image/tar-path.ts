// Names in a tar may be absolute, start with "./", end with a slash or wander; paths in an image
// are absolute and canonical.

const PLAIN = /^[^/.][^/]*(?:\/[^/.][^/]*)*$/;

/** "/etc/passwd" for "./etc//passwd"; "/" for "./"; undefined when empty or with a `..`. */
export function canonicalPath(name: string): string | undefined {
  if (name === '') return undefined;
  const start = name.startsWith('./') ? 2 : 0;
  const trimmed = name.slice(start, name.endsWith('/') ? -1 : undefined);
  if (PLAIN.test(trimmed)) return `/${trimmed}`;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') return undefined;
    if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** "/etc" of "/etc/passwd", "/" of "/etc". */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** Components; 0 for the root. */
export function pathDepth(path: string): number {
  if (path === '/') return 0;
  let depth = 0;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth += 1;
  return depth;
}
