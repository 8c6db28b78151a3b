// Which files of an unpacked layer have other bytes than the tar had, by tar-split: when the tar that is
// rebuilt from them has the digest it must have, none. Only else the CRC of each says which.
import { createHash } from 'node:crypto';
import type { ReadHost } from '../host/host.js';
import { Crc64 } from '../image/crc64.js';
import type { Limits } from '../image/limits.js';
import { chunksOf, openUnpacked, rebuildTar } from '../image/rebuild-tar.js';
import { canonicalPath } from '../image/tar-path.js';
import { headersOf, readTarSplit, type TarSplitPart } from '../image/tar-split.js';
import type { Digest } from '../oci/digest.js';
import { causeText, CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { indexTarHeaders } from '../overlay/index-tar.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import type { ChangedFiles, ContentSums } from './changed-files.js';
import type { FoundFiles } from './check-layer.js';

export interface TarSplitFile {
  readonly host: ReadHost;
  readonly path: string;
  readonly limits?: Partial<Limits> | undefined;
}

async function* readParts({ host, path, limits }: TarSplitFile): AsyncGenerator<TarSplitPart> {
  const file = host.openFile(path);
  try {
    yield* readTarSplit(file.stream() as AsyncIterable<Buffer>, `"${path}"`, limits);
  } finally {
    file.close();
  }
}

/** What the headers of the tar say. */
export async function readTarSplitHeaders(file: TarSplitFile): Promise<LayerIndex> {
  return await indexTarHeaders(headersOf(readParts(file)), {
    what: `"${file.path}"`,
    ...(file.limits === undefined ? {} : { limits: file.limits }),
  });
}

export async function findChangedBySums(
  file: TarSplitFile,
  place: FoundFiles,
  diffID: Digest,
): Promise<ChangedFiles> {
  const digest = await rebuiltDigest(file, place);
  if (digest === diffID) return { files: new Map(), problems: [] };
  const files = new Map<string, { expected: ContentSums; found: ContentSums }>();
  const problems: Problem[] = [];
  for await (const part of readParts(file)) {
    if (part.kind !== 'file' || part.crc64 === undefined) continue;
    const path = canonicalPath(part.name);
    if (path === undefined || !hasSize(place, path, part.size)) continue;
    try {
      const found = await sumsOf(place, part.name);
      if (found.crc64 === part.crc64) continue;
      files.set(path, { expected: { crc64: part.crc64 }, found });
    } catch (error) {
      problems.push({ code: 'file-not-checked', message: causeText(error), path });
    }
  }
  return { files, problems, digest: digest ?? 'none: a file is missing or has another size' };
}

/** Undefined when a file is missing or has another size. */
async function rebuiltDigest(file: TarSplitFile, place: FoundFiles): Promise<string | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of rebuildTar(readParts(file), place)) {
      hash.update(chunk);
      bytes += chunk.length;
      place.onBytes(bytes);
    }
    return `sha256:${hash.digest('hex')}`;
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}

function hasSize({ found }: FoundFiles, path: string, size: number): boolean {
  const entry = found.find(path);
  return entry?.marker === 'ordinary' && entry.type === 'file' && entry.size === size;
}

async function sumsOf(place: FoundFiles, name: string): Promise<Required<ContentSums>> {
  const file = openUnpacked(place, name);
  try {
    const crc = new Crc64();
    const hash = createHash('sha256');
    for await (const chunk of chunksOf(file)) {
      crc.update(chunk);
      hash.update(chunk);
    }
    return { sha256: hash.digest('hex'), crc64: crc.digest() };
  } finally {
    file.close();
  }
}
