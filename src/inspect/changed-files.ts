// Which files of an unpacked layer have other bytes than the layer: against the sha256 of each.
import { createHash } from 'node:crypto';
import type { ReadHost } from '../host/host.js';
import { chunksOf } from '../image/rebuild-tar.js';
import { causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import {
  DIRECTORY,
  FILE,
  findChild,
  hardLinkOf,
  nameOf,
  typeAt,
} from '../overlay/layer-columns.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import type { FoundFiles } from './check-layer.js';

/** What is known of a content: of one in a tar-split record the CRC alone. */
export interface ContentSums {
  readonly sha256?: string;
  readonly crc64?: string;
}

export interface ChangedFiles {
  /** By path; those of another size are none of these. */
  readonly files: ReadonlyMap<
    string,
    { readonly expected: ContentSums; readonly found: ContentSums }
  >;
  /** Of the rebuilt tar, where that is not the one wanted. */
  readonly digest?: string;
  readonly problems: readonly Problem[];
}

/** Rows of both that are one path, so that none has to be looked up. */
function* sharedFiles(expected: LayerIndex, found: LayerIndex): Generator<[number, number]> {
  const rows = new Map<number, number>([[0, 0]]);
  for (let row = 1; row < expected.count; row += 1) {
    const parent = rows.get(expected.columns.parent[row] ?? 0);
    if (parent === undefined) continue;
    const type = typeAt(expected.columns, row);
    if (type !== DIRECTORY && type !== FILE) continue;
    const other = findChild(found.columns, parent, nameOf(expected.columns, row));
    if (other === -1 || typeAt(found.columns, other) !== type) continue;
    if (type === DIRECTORY) rows.set(row, other);
    else yield [row, other];
  }
}

export async function findChangedFiles(
  expected: LayerIndex,
  { host, directory, found, onBytes }: FoundFiles,
): Promise<ChangedFiles> {
  const files = new Map<string, { expected: ContentSums; found: ContentSums }>();
  const problems: Problem[] = [];
  let bytes = 0;
  for (const [row, other] of sharedFiles(expected, found)) {
    const size = expected.columns.size[row] ?? 0;
    if (size === 0 || size !== found.columns.size[other]) continue;
    if (
      hardLinkOf(expected.columns, row) !== undefined &&
      isSameFile(expected, found, row, other)
    ) {
      continue;
    }
    const { path, sha256: wanted } = sumOf(expected, row);
    if (wanted === undefined) continue;
    try {
      const sha256 = await hashBeneath(host, directory, path);
      if (sha256 !== wanted) files.set(path, { expected: { sha256: wanted }, found: { sha256 } });
    } catch (error) {
      problems.push({ code: 'file-not-checked', message: causeText(error), path });
    }
    bytes += size;
    onBytes(bytes);
  }
  return { files, problems };
}

/** Another name on both sides: its first name is read, if that is there. */
function isSameFile(expected: LayerIndex, found: LayerIndex, row: number, other: number): boolean {
  const first = hardLinkOf(expected.columns, row) ?? '';
  const entry = found.find(first);
  if (entry?.marker !== 'ordinary') return false;
  const ownFirst = hardLinkOf(found.columns, other) ?? found.entry(other).path;
  return (entry.hardLinkTo ?? entry.path) === ownFirst;
}

function sumOf(index: LayerIndex, row: number): { path: string; sha256: string | undefined } {
  const entry = index.entry(row);
  return { path: entry.path, sha256: entry.marker === 'ordinary' ? entry.sha256 : undefined };
}

/** Of a regular file; no link on the way is followed. */
export async function hashBeneath(host: ReadHost, root: string, path: string): Promise<string> {
  const file = host.openBeneath(root, path);
  try {
    const hash = createHash('sha256');
    for await (const chunk of chunksOf(file)) hash.update(chunk);
    return hash.digest('hex');
  } finally {
    file.close();
  }
}
