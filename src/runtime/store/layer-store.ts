// Layers in the store: unpacked below overlay/ by chainID, indexed below index/ by diffID.
import type { SeekPoints } from '../../image/seek-points.js';
import { formatSeekPoints, parseSeekPoints } from '../../image/seek-points-file.js';
import { digestHex, type Digest } from '../../oci/digest.js';
import { hasCode } from '../../oci/error.js';
import { formatIndexFile, parseIndexFile } from '../../overlay/index-file.js';
import type { LayerIndex } from '../../overlay/layer-index.js';
import { summarizeLayer, type LayerSummary } from '../../overlay/layer-summary.js';
import { layerDirectoryName, overlayDirectory, shortLinkName } from './paths.js';
import { exclusively, type ReadStore, type Store } from './store.js';
import { writeWhole } from './temporary.js';

export interface UnpackedLayer {
  readonly directory: string;
  readonly link: string;
}

/** A layer's directory comes to its place complete or not at all. */
export function findUnpackedLayer(store: ReadStore, chainID: Digest): UnpackedLayer | undefined {
  const name = layerDirectoryName(chainID);
  const directory = `${overlayDirectory(store.paths, name)}/diff`;
  if (store.host.findStatus(directory) === undefined) return undefined;
  return { directory, link: `${store.paths.links}/${shortLinkName(name)}` };
}

function indexPath(store: ReadStore, diffID: Digest): string {
  return `${store.paths.indexes}/${digestHex(diffID)}.index`;
}

function summaryPath(store: ReadStore, diffID: Digest): string {
  return `${store.paths.indexes}/${digestHex(diffID)}.json`;
}

/** Of a blob: the same layer may come compressed in two ways. */
function seekPointsPath(store: ReadStore, digest: Digest): string {
  return `${store.paths.indexes}/${digestHex(digest)}.points`;
}

const INDEX_LIMIT = 1 << 30;
const SUMMARY_LIMIT = 1 << 28;

/** A damaged index is as good as none: it is a cache. */
export function findLayerIndex(store: ReadStore, diffID: Digest): LayerIndex | undefined {
  try {
    return parseIndexFile(store.host.readFile(indexPath(store, diffID), INDEX_LIMIT));
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'CORRUPT')) return undefined;
    throw error;
  }
}

export function findLayerSummary(store: ReadStore, diffID: Digest): LayerSummary | undefined {
  try {
    const text = store.host.readText(summaryPath(store, diffID), SUMMARY_LIMIT);
    const summary = JSON.parse(text) as Partial<LayerSummary>;
    return summary.problems === undefined ? undefined : (summary as LayerSummary);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function writeLayerIndex(store: Store, diffID: Digest, index: LayerIndex): void {
  // The whole folder may be deleted at any time.
  store.host.createDirectory(store.paths.indexes, { mode: 0o711, parents: true });
  writeWhole(store, indexPath(store, diffID), formatIndexFile(index));
  const summary = JSON.stringify(summarizeLayer(index));
  writeWhole(store, summaryPath(store, diffID), `${summary}\n`);
}

/** Damaged ones are as good as none: they are a cache. */
export function findSeekPoints(store: ReadStore, digest: Digest): SeekPoints | undefined {
  try {
    const bytes = store.host.readFile(seekPointsPath(store, digest), INDEX_LIMIT);
    return parseSeekPoints(bytes, digest);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'CORRUPT')) return undefined;
    throw error;
  }
}

export function writeSeekPoints(store: Store, points: SeekPoints): void {
  store.host.createDirectory(store.paths.indexes, { mode: 0o711, parents: true });
  writeWhole(store, seekPointsPath(store, points.digest), formatSeekPoints(points));
}

export function removeSeekPoints(store: Store, digest: Digest): void {
  const path = seekPointsPath(store, digest);
  if (store.host.findStatus(path) !== undefined) store.host.removeFile(path);
}

/** Removes what the store keeps of a layer beside its blob. */
export function removeLayerIndex(store: Store, diffID: Digest): void {
  for (const path of [indexPath(store, diffID), summaryPath(store, diffID)]) {
    if (store.host.findStatus(path) !== undefined) store.host.removeFile(path);
  }
}

/** Brings a finished directory to its place together with its short link. */
export function placeLayerDirectory(store: Store, from: string, name: string): void {
  store.host.writeFile(`${from}/link`, shortLinkName(name));
  exclusively(store, () => {
    // Another process has brought the same layer meanwhile: one is as good as the other.
    if (store.host.findStatus(overlayDirectory(store.paths, name)) !== undefined) return;
    linkDirectory(store, name);
    store.host.rename(from, overlayDirectory(store.paths, name));
  });
}

/** The short link of a directory below overlay/. */
export function linkDirectory(store: Store, name: string): void {
  const link = `${store.paths.links}/${shortLinkName(name)}`;
  try {
    store.host.createSymlink(`../${name}/diff`, link);
  } catch (error) {
    if (!hasCode(error, 'ALREADY_EXISTS')) throw error;
  }
}

/** Links whose directory never came: its maker was killed in between. */
export function removeDanglingLinks(store: Store): void {
  const { host, paths } = store;
  exclusively(store, () => {
    for (const { name } of host.readDirectory(paths.links)) {
      const target = `${paths.links}/${host.readLink(`${paths.links}/${name}`)}`;
      if (host.findStatus(target) === undefined) host.removeFile(`${paths.links}/${name}`);
    }
  });
}
