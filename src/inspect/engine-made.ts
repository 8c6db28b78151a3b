// What engines put into a container themselves: empty files to mount on, and markers. They are no
// work of whoever used the container.
import type { Change } from '../overlay/diff.js';

const PLACES: ReadonlySet<string> = new Set([
  '/etc/hosts',
  '/etc/resolv.conf',
  '/etc/hostname',
  '/etc/mtab',
  '/.dockerenv',
  '/run/.containerenv',
]);

/** Paths that an engine has made, and directories in which nothing but that changed. */
export function findEngineMade(changes: readonly Change[]): Set<string> {
  const made = new Set<string>();
  const others = new Set<string>();
  for (const change of changes) {
    const { path } = change;
    if (isPlace(change)) made.add(path);
    else if (!isTouchedOnly(change)) {
      for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) others.add(at);
    }
  }
  for (const path of [...made]) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (!others.has(parent)) made.add(parent);
    }
  }
  const known = new Set(changes.map(({ path }) => path));
  return new Set([...made].filter((path) => known.has(path)));
}

/** With content it is somebody's own. */
function isPlace({ kind, path, after }: Change): boolean {
  if (kind === 'D' || !PLACES.has(path)) return false;
  return (after?.type === 'file' && after.size === 0) || after?.linkTarget === '/proc/mounts';
}

/** A directory in which something else changed, or was made. */
function isTouchedOnly({ kind, aspects, after }: Change): boolean {
  if (after?.type !== 'directory' || kind === 'D') return false;
  return aspects.every((aspect) => aspect === 'mtime');
}
