// What `podman diff` lists, by the rules of its driver (containers/storage, pkg/archive/changes.go and
// changes_linux.go, `OverlayChanges`), so that a test can say exactly where it differs and why.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { host } from './bench.js';

/** `lower` top first. */
export function podmanChanges(lower: readonly string[], upper: string): string[] {
  const lines: string[] = [];
  const listed = new Set<string>();
  for (const path of walk(upper, '')) {
    const change = changeOf(lower, upper, path);
    if (change === undefined) continue;
    const { kind } = change;
    if (change.isDirectory) listed.add(path);
    if (kind !== 'C') {
      for (const parent of parents(path)) {
        if (listed.has(parent)) continue;
        listed.add(parent);
        lines.push(`C ${parent}`);
      }
    }
    lines.push(`${kind} ${path}`);
  }
  return lines.sort();
}

interface PodmanChange {
  readonly kind: 'A' | 'C' | 'D';
  readonly isDirectory: boolean;
}

function changeOf(lower: readonly string[], upper: string, path: string): PodmanChange | undefined {
  const status = fs.lstatSync(upper + path);
  const isDirectory = status.isDirectory();
  if (isWhiteout(status)) return { kind: 'D', isDirectory };
  if (isDirectory && isOpaque(upper + path) && wasThere(lower, path)) {
    return { kind: 'D', isDirectory };
  }
  for (const layer of lower) {
    // It follows links, in the layer or out of it, and says A where they lead to nothing.
    if (hasWhiteout(layer, path)) break;
    const below = statOf(layer + path);
    if (below === undefined) continue;
    if (below.isDirectory() && isDirectory && looksTheSame(status, below)) return undefined;
    return { kind: 'C', isDirectory };
  }
  return { kind: 'A', isDirectory };
}

function* walk(top: string, path: string): Generator<string> {
  for (const name of fs.readdirSync(join(top, path)).sort()) {
    const child = `${path}/${name}`;
    yield child;
    if (fs.lstatSync(top + child).isDirectory()) yield* walk(top, child);
  }
}

function* parents(path: string): Generator<string> {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    yield path.slice(0, at);
}

function isWhiteout(status: fs.Stats): boolean {
  return status.isCharacterDevice() && status.rdev === 0;
}

/** Of the path or of a directory above it. An opaque directory is overlooked. */
function hasWhiteout(layer: string, path: string): boolean {
  return [path, ...parents(path)].some((at) => {
    const status = statOf(layer + at);
    return status !== undefined && isWhiteout(status);
  });
}

function isOpaque(path: string): boolean {
  return host.readXattr(path, 'trusted.overlay.opaque')?.toString() === 'y';
}

/** An opaque directory counts as deleted when a lower layer has it, and is not listed otherwise. */
function wasThere(lower: readonly string[], path: string): boolean {
  for (const layer of lower) {
    const below = statOf(layer + path);
    if (below !== undefined) return !isWhiteout(below);
    if (hasWhiteout(layer, path)) return false;
  }
  return false;
}

/** Of where a link leads. */
function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path);
  } catch {
    return undefined;
  }
}

function looksTheSame(a: fs.Stats, b: fs.Stats): boolean {
  const seconds = Math.floor(a.mtimeMs / 1000) === Math.floor(b.mtimeMs / 1000);
  const isWhole = a.mtimeMs % 1000 === 0 || b.mtimeMs % 1000 === 0;
  const sameTime = a.mtimeMs === b.mtimeMs || (seconds && isWhole);
  return a.size === b.size && a.mode === b.mode && sameTime;
}
