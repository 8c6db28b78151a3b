import type { Change } from './diff.js';

/** Deleted paths to where their content was added, by sha256; only files that have content. */
export function findMoves(changes: readonly Change[]): Map<string, string> {
  const added = new Map<string, string[]>();
  for (const { kind, path, after } of changes) {
    const content = kind === 'A' ? contentOf(after) : undefined;
    if (content === undefined) continue;
    const paths = added.get(content);
    if (paths === undefined) added.set(content, [path]);
    else paths.push(path);
  }
  const moves = new Map<string, string>();
  if (added.size === 0) return moves;
  const lost = changes.filter(({ kind }) => kind === 'D');
  // Where several have the same content, those of the same name belong together.
  for (const isSameName of [true, false]) {
    for (const { path, before } of lost) {
      const candidates = added.get(contentOf(before) ?? '');
      if (candidates === undefined || moves.has(path)) continue;
      const at = candidates.findIndex((other) => !isSameName || nameOf(other) === nameOf(path));
      const [to] = at === -1 ? [] : candidates.splice(at, 1);
      if (to !== undefined) moves.set(path, to);
    }
  }
  return moves;
}

function contentOf(entry: Change['after']): string | undefined {
  return entry?.type === 'file' && entry.size > 0 ? entry.sha256 : undefined;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
