// The files of a container's layers that have the same content as a program that runs.
import { createHash } from 'node:crypto';
import type { OpenFile, ReadHost } from '../host/host.js';
import { indexDirectory } from '../overlay/index-directory.js';
import { digestOf, FILE, pathOf, typeAt } from '../overlay/layer-columns.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import { bytesOf } from './bytes-of.js';
import type { Executable, LayerFile } from './documents/process-details.js';
import { lookBeneath, type LayerDirectory } from './file-origin.js';

/** What a container is made of, and what its engine knows of each layer. */
export interface ContainerFiles {
  /** Top first: the upper layer, then those below. */
  readonly directories: readonly LayerDirectory[];
  /** The index that the engine keeps; 1 is the base. */
  findIndex(layer: number): LayerIndex | undefined;
}

export interface Content {
  readonly size: number;
  readonly sha256: string;
}

const FILES_SHOWN = 5;
const CHUNK = 1 << 20;

/** Reads it to its end, in pieces. */
export function hashFile(file: OpenFile): string {
  const hash = createHash('sha256');
  for (let at = 0; at < file.size;) {
    const chunk = file.read(at, CHUNK);
    if (chunk.length === 0) break;
    hash.update(chunk);
    at += chunk.length;
  }
  return hash.digest('hex');
}

/** A finder with a memory: a layer that has no index is walked once. */
export function sameContentFinder(
  host: ReadHost,
  files: ContainerFiles,
): (content: Content) => LayerFile[] {
  const indexes = new Map<string, LayerIndex | undefined>();
  const lower = files.directories.filter(({ role }) => role !== 'upper').reverse();
  const indexOf = (one: LayerDirectory) => {
    if (!indexes.has(one.directory)) indexes.set(one.directory, readIndex(host, files, one));
    return indexes.get(one.directory);
  };
  return (content) => {
    const found: LayerFile[] = [];
    for (const one of lower) {
      const index = indexOf(one);
      if (index === undefined) continue;
      for (const path of equalFiles(host, one, index, content)) {
        const layer = one.layer === undefined ? {} : { layer: one.layer };
        found.push({ path, ...bytesOf('pathBase64', path), role: one.role, ...layer });
        if (found.length === FILES_SHOWN) return found;
      }
    }
    return found;
  };
}

function readIndex(
  host: ReadHost,
  files: ContainerFiles,
  { directory, layer }: LayerDirectory,
): LayerIndex | undefined {
  const kept = layer === undefined ? undefined : files.findIndex(layer);
  if (kept !== undefined) return kept;
  try {
    return indexDirectory(host, directory);
  } catch {
    return undefined;
  }
}

function* equalFiles(
  host: ReadHost,
  { directory }: LayerDirectory,
  { columns }: LayerIndex,
  { size, sha256 }: Content,
): Generator<string> {
  for (let row = 0; row < columns.count; row += 1) {
    if (columns.size[row] !== size || typeAt(columns, row) !== FILE) continue;
    const path = pathOf(columns, row);
    const digest = digestOf(columns, row) ?? hashBeneath(host, directory, path);
    if (digest === sha256) yield path;
  }
}

/** The topmost file of the same path below the upper layer, and whether it is the same. */
export function findSamePath(
  host: ReadHost,
  files: ContainerFiles,
  path: string,
  { size, sha256 }: Content,
): Executable['samePath'] {
  for (const { role, directory, layer } of files.directories) {
    if (role === 'upper') continue;
    const status = lookBeneath(host, directory, path);
    if (status === undefined) continue;
    if (status === 'hidden' || status.type !== 'file') return undefined;
    const equal = status.size === size && hashBeneath(host, directory, path) === sha256;
    return { role, ...(layer === undefined ? {} : { layer }), equal };
  }
  return undefined;
}

function hashBeneath(host: ReadHost, directory: string, path: string): string | undefined {
  try {
    const file = host.openBeneath(directory, path);
    try {
      return hashFile(file);
    } finally {
      file.close();
    }
  } catch {
    return undefined;
  }
}
