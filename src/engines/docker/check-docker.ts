// Whether what Docker keeps holds together: layerdb, the directories of the driver, who needs them.
import { chainIDs } from '../../oci/chain-id.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import type { ReadHost } from '../../host/host.js';
import type { EngineContainer, EngineImage, StoreCheck } from '../engine.js';
import { readBolt } from '../bolt/read-bolt.js';
import { StoreFindings } from '../store-findings.js';
import type { Problem } from '../../oci/problem.js';

export interface DockerParts {
  readonly host: ReadHost;
  readonly root: string;
  readonly drivers: readonly string[];
  readonly containers: readonly EngineContainer[];
  readonly images: readonly EngineImage[];
  readonly problems: readonly Problem[];
}

const HEX = /^[0-9a-f]{64}$/;
const SMALL = 4096;

interface DatabaseLayer {
  readonly chainID: Digest;
  readonly path: string;
  readonly cacheID: string;
  readonly diffID: string;
  readonly parent: string | undefined;
}

export function checkDocker(parts: DockerParts): StoreCheck {
  const findings = new StoreFindings(parts.host);
  findings.addProblems(parts.problems);
  findings.checkContainers(parts.containers, parts.images);
  for (const driver of parts.drivers) checkDriver(findings, parts, driver);
  for (const name of findings.names(`${parts.root}/tmp`)) {
    findings.addWaste('leftover', `${parts.root}/tmp/${name}`, 'work that was never finished');
  }
  return findings.finish();
}

function checkDriver(findings: StoreFindings, parts: DockerParts, driver: string): void {
  const { root } = parts;
  const database = `${root}/image/${driver}/layerdb`;
  const layers = readDatabase(findings, database);
  const mounts = readMounts(findings, database);
  findings.layers += layers.size;
  checkChain(findings, layers);
  const directory = `${root}/${driver}`;
  for (const { path, cacheID, chainID } of layers.values()) {
    if (!findings.isThere(`${directory}/${cacheID}/diff`)) {
      findings.add(
        'missingLayer',
        path,
        `layer ${chainID} is to be in ${cacheID}, which is not there`,
      );
    }
  }
  checkOwners(findings, { layers, mounts, directory, images: parts.images });
  const containers = new Set(parts.containers.map(({ id }) => id));
  for (const { id, path } of mounts) {
    if (containers.has(id) || findings.isThere(`${root}/containers/${id}`)) continue;
    findings.add('leftover', path, `layers of a container that is not there`);
  }
  checkDirectories(findings, {
    root,
    directory,
    known: new Set([
      ...[...layers.values()].map(({ cacheID }) => cacheID),
      ...mounts.flatMap(({ names }) => names),
    ]),
  });
  for (const name of findings.names(`${database}/tmp`)) {
    findings.addWaste(
      'leftover',
      `${database}/tmp/${name}`,
      'a layer that never came to its place',
    );
  }
}

function readDatabase(findings: StoreFindings, database: string): Map<string, DatabaseLayer> {
  const layers = new Map<string, DatabaseLayer>();
  for (const hex of findings.names(`${database}/sha256`).filter((name) => HEX.test(name))) {
    const path = `${database}/sha256/${hex}`;
    const cacheID = readSmall(findings, `${path}/cache-id`);
    const diffID = readSmall(findings, `${path}/diff`);
    if (cacheID === undefined || diffID === undefined) {
      findings.add('damaged', path, 'a layer without a directory or without a diffID');
      continue;
    }
    const parent = readSmall(findings, `${path}/parent`);
    layers.set(`sha256:${hex}`, { chainID: `sha256:${hex}`, path, cacheID, diffID, parent });
  }
  return layers;
}

interface Mounted {
  readonly id: string;
  readonly path: string;
  readonly parent: string | undefined;
  readonly names: readonly string[];
}

function readMounts(findings: StoreFindings, database: string): Mounted[] {
  return findings.names(`${database}/mounts`).map((id) => {
    const path = `${database}/mounts/${id}`;
    const names = ['mount-id', 'init-id'].map((name) => readSmall(findings, `${path}/${name}`));
    return {
      id,
      path,
      parent: readSmall(findings, `${path}/parent`),
      names: names.filter((name) => name !== undefined),
    };
  });
}

function readSmall({ host }: StoreFindings, path: string): string | undefined {
  try {
    return host.readText(path, SMALL).trim();
  } catch {
    return undefined;
  }
}

/** A chainID is made of the one below and the diffID: who changes one of them is found out. */
function checkChain(findings: StoreFindings, layers: ReadonlyMap<string, DatabaseLayer>): void {
  for (const { chainID, path, diffID, parent } of layers.values()) {
    if (parent !== undefined && !layers.has(parent)) {
      findings.add('missingParent', path, `the layer below it, ${parent}, is not there`);
    }
    const below = parent === undefined ? [] : [parent];
    const isKnown = isDigest(diffID) && below.every(isDigest);
    const made = isKnown ? chainIDs([...below, diffID] as Digest[]).at(-1) : undefined;
    if (made === chainID) continue;
    findings.add('damaged', path, 'its chainID is not that of its parent and its diffID');
  }
}

interface Owners {
  readonly layers: ReadonlyMap<string, DatabaseLayer>;
  readonly mounts: readonly Mounted[];
  readonly directory: string;
  readonly images: readonly EngineImage[];
}

function checkOwners(findings: StoreFindings, { layers, mounts, directory, images }: Owners): void {
  const owned = new Set<string>(images.flatMap((image) => image.layers.map((one) => one.chainID)));
  for (const image of images) {
    for (const { chainID } of image.layers) {
      if (layers.has(chainID)) continue;
      const name = image.references[0] ?? image.id;
      findings.add('missingLayer', undefined, `layer ${chainID} of image ${name} is not there`);
    }
  }
  for (const { parent } of mounts) {
    for (let at = parent; at !== undefined && !owned.has(at); at = layers.get(at)?.parent) {
      owned.add(at);
    }
  }
  for (const { chainID, cacheID } of layers.values()) {
    if (owned.has(chainID)) continue;
    const message = `layer ${chainID}: no image and no container has it`;
    findings.addWaste('unownedLayer', `${directory}/${cacheID}`, message);
  }
}

/** Directories that the database does not know; BuildKit has its own in a database of its own. */
function checkDirectories(
  findings: StoreFindings,
  { root, directory, known }: { root: string; directory: string; known: ReadonlySet<string> },
): void {
  const names = findings.names(directory).filter((name) => name !== 'l' && !known.has(name));
  const cached = names.length === 0 ? new Set<string>() : buildCache(findings, root);
  for (const name of names) {
    if (cached.has(name)) continue;
    const path = `${directory}/${name}`;
    if (name.endsWith('-removing')) findings.addWaste('leftover', path, 'half removed');
    else findings.addWaste('unownedLayer', path, 'no layer, container or build cache is in it');
  }
  findings.checkLinks(`${directory}/l`);
}

/** moby builder-next/adapters/snapshot: a bucket for each directory. */
function buildCache(findings: StoreFindings, root: string): Set<string> {
  const path = `${root}/buildkit/snapshots.db`;
  const names = findings.attempt(path, () =>
    findings.host.findStatus(path) === undefined
      ? []
      : readBolt(findings.host, path, (bucket) => [...bucket.buckets.keys()]),
  );
  return new Set(names ?? []);
}
