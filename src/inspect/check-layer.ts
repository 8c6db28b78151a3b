// One layer of an image: whether its blob is what it is called, and whether what was unpacked from it is
// still what it says.
import type { Engine } from '../engines/engine.js';
import type { ReadHost } from '../host/host.js';
import type { ImageLayer } from '../image/image.js';
import type { Limits } from '../image/limits.js';
import { causeText, hasCode } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { compareLayers } from '../overlay/compare-layers.js';
import { indexDirectory } from '../overlay/index-directory.js';
import { indexLayer } from '../overlay/index-layer.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import { findChangedFiles, type ChangedFiles } from './changed-files.js';
import { findChangedBySums, readTarSplitHeaders, type TarSplitFile } from './changed-by-sums.js';
import { toFindings } from './layer-findings.js';
import type { VerifiedLayer, VerifyFinding } from './documents/verify.js';

export interface LayerToCheck {
  readonly layer: ImageLayer;
  /** Absent for an archive or a layout. */
  readonly engine?: Engine;
  readonly limits?: Partial<Limits> | undefined;
  /** What the layers below say, top first. */
  readonly below: readonly LayerIndex[];
  readonly onProgress?: ((progress: LayerProgress) => void) | undefined;
}

export interface LayerProgress {
  readonly step: 'blob' | 'files';
  /** So far. */
  readonly bytes: number;
}

export interface CheckedLayer {
  readonly row: VerifiedLayer;
  readonly findings: readonly VerifyFinding[];
  readonly problems: readonly Problem[];
  /** What the layer says, as far as that is known. */
  readonly expected: LayerIndex | undefined;
}

/** What the directory is held against, and how its files are. */
interface Standard {
  readonly against: 'blob' | 'index' | 'tar-split';
  readonly expected: LayerIndex;
  findChanged(place: FoundFiles): Promise<ChangedFiles>;
}

export interface FoundFiles {
  readonly host: ReadHost;
  readonly directory: string;
  readonly found: LayerIndex;
  readonly onBytes: (bytes: number) => void;
}

class Findings {
  readonly findings: VerifyFinding[] = [];
  readonly problems: Problem[] = [];
  readonly layer: number;

  constructor(layer: number) {
    this.layer = layer;
  }

  add(finding: Omit<VerifyFinding, 'layer'>): void {
    this.findings.push({ layer: this.layer, ...finding });
  }
}

export async function checkLayer(task: LayerToCheck): Promise<CheckedLayer> {
  const { layer, engine } = task;
  const results = new Findings(layer.index);
  const blob = layer.unpackedOnly === true ? undefined : await checkBlob(task, results);
  const standard = await chooseStandard(task, blob, results);
  const directory = engine?.layerDirectory(layer.chainID)?.directory;
  const unpacked =
    engine === undefined || directory === undefined
      ? undefined
      : await checkDirectory(task, { engine, directory }, standard, results);
  const { findings, problems } = results;
  const row: VerifiedLayer = {
    layer: layer.index,
    diffID: layer.diffID,
    chainID: layer.chainID,
    ...(layer.unpackedOnly === true
      ? {}
      : {
          blob: {
            digest: layer.descriptor.digest,
            size: layer.descriptor.size,
            verdict: blob === undefined ? ('damaged' as const) : ('good' as const),
          },
        }),
    ...(unpacked === undefined ? {} : { unpacked }),
    findings: findings.length,
  };
  return { row, findings, problems, expected: standard?.expected };
}

/** Undefined when it is not what the image wants. */
async function checkBlob(task: LayerToCheck, results: Findings): Promise<LayerIndex | undefined> {
  const { layer, limits, onProgress } = task;
  const { digest } = layer.descriptor;
  try {
    const watched = { ...layer, readTar: withProgress(layer, onProgress) };
    const { index, problems } = await indexLayer(watched, { limits });
    results.problems.push(...problems, ...index.problems);
    return index;
  } catch (error) {
    if (!hasCode(error, 'CORRUPT', 'NOT_FOUND')) {
      results.problems.push({ code: 'layer-not-checked', message: causeText(error) });
    } else if (hasCode(error, 'NOT_FOUND')) {
      results.add({ finding: 'missingBlob', message: causeText(error), digest });
    } else results.add({ finding: 'blob', message: causeText(error), digest });
    return undefined;
  }
}

function withProgress(
  layer: ImageLayer,
  onProgress: LayerToCheck['onProgress'],
): ImageLayer['readTar'] {
  if (onProgress === undefined) return (options) => layer.readTar(options);
  return async function* (options) {
    let bytes = 0;
    for await (const chunk of layer.readTar(options)) {
      bytes += chunk.length;
      onProgress({ step: 'blob', bytes });
      yield chunk;
    }
  };
}

async function chooseStandard(
  task: LayerToCheck,
  blob: LayerIndex | undefined,
  results: Findings,
): Promise<Standard | undefined> {
  const { layer, engine } = task;
  if (layer.unpackedOnly === true) return await tarSplitStandard(task, results);
  const expected = blob ?? engine?.findLayerIndex?.(layer.diffID);
  if (expected === undefined) return undefined;
  return {
    against: blob === undefined ? 'index' : 'blob',
    expected,
    findChanged: (place) => findChangedFiles(expected, place),
  };
}

async function tarSplitStandard(
  { layer, engine, limits }: LayerToCheck,
  results: Findings,
): Promise<Standard | undefined> {
  const path = engine?.findTarSplit?.(layer.chainID);
  if (engine === undefined || path === undefined) {
    const message = `layer ${layer.index}: its engine keeps nothing to compare its files with`;
    results.problems.push({ code: 'layer-not-checked', message });
    return undefined;
  }
  const file: TarSplitFile = { host: engine.host, path, limits };
  try {
    const expected = await readTarSplitHeaders(file);
    const { diffID } = layer;
    return {
      against: 'tar-split',
      expected,
      findChanged: (place) => findChangedBySums(file, place, diffID),
    };
  } catch (error) {
    if (!hasCode(error, 'CORRUPT', 'NOT_FOUND', 'LIMIT_EXCEEDED', 'INVALID_INPUT')) throw error;
    const message = `what its files would be compared with cannot be read: ${causeText(error)}`;
    results.add({ finding: 'record', message, file: path });
    return undefined;
  }
}

type Unpacked = NonNullable<VerifiedLayer['unpacked']>;

async function checkDirectory(
  task: LayerToCheck,
  { engine, directory }: { engine: Engine; directory: string },
  standard: Standard | undefined,
  results: Findings,
): Promise<Unpacked> {
  const found = readFound(engine, directory, results);
  if (found === undefined || standard === undefined) return { directory, verdict: 'unknown' };
  const { host, ids } = engine;
  const { expected, against } = standard;
  const before = results.findings.length;
  const onBytes = (bytes: number) => task.onProgress?.({ step: 'files', bytes });
  const changed = await standard.findChanged({ host, directory, found, onBytes });
  results.problems.push(...changed.problems);
  const differences = compareLayers(expected, found, {
    changed: new Set(changed.files.keys()),
    below: (path) => findBelow(task.below, path),
    allowsSockets: against === 'tar-split',
    ...(ids === undefined ? {} : { ids }),
  });
  const place = { host, directory, ids, changed: changed.files };
  for (const finding of await toFindings(differences, place)) results.add(finding);
  // What the record says adds up to another layer, and no file is to blame.
  const isExplained = differences.some(({ kind }) => CHANGES_TAR.has(kind));
  if (changed.digest !== undefined && !isExplained) {
    const { diffID } = task.layer;
    results.add({
      finding: 'record',
      message: 'the files are as their record says, but that is not of this layer',
      expected: { digest: diffID },
      found: { digest: changed.digest },
    });
  }
  const verdict = results.findings.length === before ? 'good' : 'changed';
  return { directory, against, verdict, entries: found.count - 1, bytes: found.size };
}

const CHANGES_TAR: ReadonlySet<string> = new Set([
  'content',
  'size',
  'type',
  'missing',
  'whiteout',
]);

function readFound({ host }: Engine, directory: string, results: Findings): LayerIndex | undefined {
  try {
    if (host.findStatus(directory) === undefined) {
      const message = 'the directory that it was unpacked to is not there';
      results.add({ finding: 'missingLayer', message, file: directory });
      return undefined;
    }
    const found = indexDirectory(host, directory);
    results.problems.push(...found.problems);
    return found;
  } catch (error) {
    const code = hasCode(error, 'PERMISSION_DENIED') ? 'EACCES' : 'layer-not-checked';
    results.problems.push({ code, message: causeText(error), path: directory });
    return undefined;
  }
}

function findBelow(below: readonly LayerIndex[], path: string): OrdinaryEntry | undefined {
  for (const layer of below) {
    const entry = layer.find(path);
    if (entry === undefined || entry.marker === 'whiteout') continue;
    if (entry.type === 'directory' && entry.implicit !== true) return entry;
  }
  return undefined;
}
