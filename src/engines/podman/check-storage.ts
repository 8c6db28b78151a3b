// Whether what containers-storage keeps holds together.
import type { ReadHost } from '../../host/host.js';
import type { Problem } from '../../oci/problem.js';
import type { EngineContainer, EngineImage, StoreCheck } from '../engine.js';
import { StoreFindings } from '../store-findings.js';
import type { StorageLayer, StorageLayers } from './storage-layers.js';

export interface StorageParts {
  readonly host: ReadHost;
  readonly root: string;
  readonly layers: StorageLayers;
  readonly containers: readonly EngineContainer[];
  readonly images: readonly EngineImage[];
  readonly problems: readonly Problem[];
}

export function checkStorage(parts: StorageParts): StoreCheck {
  const { host, root, layers } = parts;
  const findings = new StoreFindings(host);
  findings.addProblems(parts.problems);
  findings.checkContainers(parts.containers, parts.images);
  const own = [...layers.layers.values()].filter((layer) => layer.root === root);
  findings.layers = own.length;
  for (const layer of own) checkLayer(findings, layer, layers);
  checkOwners(findings, parts, own);
  const known = new Set(own.map(({ id }) => id));
  for (const name of findings.names(`${root}/overlay`)) {
    // `tempdirs` and `staging` are where layers are while they come and go.
    const path = `${root}/overlay/${name}`;
    if (/^[0-9a-f]{64}$/.test(name) && !known.has(name)) {
      findings.addWaste('unownedLayer', path, 'layers.json does not know it');
    } else if (name === 'staging' || name === 'tempdirs') {
      for (const one of findings.names(path)) {
        findings.addWaste('leftover', `${path}/${one}`, 'work that was never finished');
      }
    }
  }
  checkImages(findings, parts);
  findings.checkLinks(`${root}/overlay/l`);
  return findings.finish();
}

function checkLayer(
  findings: StoreFindings,
  { id, root, parent }: StorageLayer,
  { layers }: StorageLayers,
): void {
  const path = `${root}/overlay/${id}`;
  if (!findings.isThere(`${path}/diff`)) {
    findings.add('missingLayer', path, 'layers.json has a layer whose files are not there');
  }
  if (parent !== undefined && !layers.has(parent)) {
    findings.add('missingParent', path, `the layer below it, ${parent}, is not there`);
  }
}

function checkOwners(
  findings: StoreFindings,
  { layers, containers, images, root }: StorageParts,
  own: readonly StorageLayer[],
): void {
  const chains = new Set<string>(images.flatMap((image) => image.layers.map((one) => one.chainID)));
  const owned = new Set<string>();
  for (const [chainID, layer] of layers.byChain) if (chains.has(chainID)) owned.add(layer.id);
  for (const image of images) {
    for (const { chainID } of image.layers) {
      if (layers.byChain.has(chainID)) continue;
      const name = image.references[0] ?? image.id;
      findings.add('missingLayer', undefined, `layer ${chainID} of image ${name} is not there`);
    }
  }
  const uppers = new Set(containers.map(({ directories }) => directories.upper));
  for (const { id } of own.filter((one) => uppers.has(`${root}/overlay/${one.id}/diff`))) {
    addWithParents(owned, layers, id);
  }
  for (const { id, diffID } of own) {
    if (owned.has(id)) continue;
    const message = `layer ${diffID ?? id}: no image and no container has it`;
    findings.addWaste('unownedLayer', `${root}/overlay/${id}`, message);
  }
}

function addWithParents(owned: Set<string>, { layers }: StorageLayers, id: string): void {
  for (let at: string | undefined = id; at !== undefined && !owned.has(at);) {
    owned.add(at);
    at = layers.get(at)?.parent;
  }
}

/** Directories beside images.json and containers.json that these do not speak of. */
function checkImages(findings: StoreFindings, { root, images, containers }: StorageParts): void {
  const known = new Set([
    ...images.map(({ id }) => id.slice('sha256:'.length)),
    ...containers.map(({ id }) => id),
  ]);
  for (const kind of ['overlay-images', 'overlay-containers']) {
    for (const name of findings.names(`${root}/${kind}`)) {
      if (!/^[0-9a-f]{64}$/.test(name) || known.has(name)) continue;
      findings.addWaste('leftover', `${root}/${kind}/${name}`, 'its list does not speak of it');
    }
  }
}
