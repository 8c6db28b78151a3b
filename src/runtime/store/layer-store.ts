// Layers in the store: unpacked below overlay/ by chainID, indexed below index/ by diffID.
import { digestHex, type Digest } from '../../oci/digest.js';
import { hasCode } from '../../oci/error.js';
import { formatIndexFile, parseIndexFile } from '../../overlay/index-file.js';
import type { LayerIndex } from '../../overlay/layer-index.js';
import { summarizeLayer, type LayerSummary } from '../../overlay/layer-summary.js';
import { layerDirectoryName, overlayDirectory, shortLinkName } from './paths.js';
import type { ReadStore, Store } from './store.js';

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

const INDEX_LIMIT = 1 << 30;

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
    return JSON.parse(store.host.readText(summaryPath(store, diffID))) as LayerSummary;
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function writeLayerIndex(store: Store, diffID: Digest, index: LayerIndex): void {
  store.host.writeFileAtomic(indexPath(store, diffID), formatIndexFile(index));
  const summary = JSON.stringify(summarizeLayer(index));
  store.host.writeFileAtomic(summaryPath(store, diffID), `${summary}\n`);
}

/** Removes what the store keeps of a layer beside its blob. */
export function removeLayerIndex(store: Store, diffID: Digest): void {
  for (const path of [indexPath(store, diffID), summaryPath(store, diffID)]) {
    if (store.host.findStatus(path) !== undefined) store.host.removeFile(path);
  }
}
