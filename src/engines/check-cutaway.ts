// Whether our own store holds together, and what in it nobody needs.
import { findNeeds } from '../runtime/store/garbage.js';
import { listContainerIDs, listContainerProblems } from '../runtime/store/container-store.js';
import { listImageNames } from '../runtime/store/image-store.js';
import { containerPaths, shortLinkName } from '../runtime/store/paths.js';
import { listAbandonedWork } from '../runtime/store/temporary.js';
import type { ReadStore } from '../runtime/store/store.js';
import type { Problem } from '../oci/problem.js';
import type { EngineContainer, EngineImage, StoreCheck } from './engine.js';
import { StoreFindings } from './store-findings.js';

export interface CutawayParts {
  readonly containers: readonly EngineContainer[];
  readonly images: readonly EngineImage[];
  readonly problems: readonly Problem[];
}

export function checkCutaway(
  store: ReadStore,
  { containers, images, problems }: CutawayParts,
): StoreCheck {
  const { host, paths } = store;
  const findings = new StoreFindings(host);
  findings.addProblems(problems);
  findings.checkContainers(containers, images);
  findings.checkLower(containers);
  findings.checkLinks(paths.links);
  for (const path of listAbandonedWork(store)) {
    findings.addWaste('leftover', path, 'its maker is gone');
  }
  checkHalves(findings, store);
  const needs = findings.attempt(paths.images, () => findNeeds(store));
  const directories = findings.names(paths.overlay).filter((name) => name !== 'l');
  findings.layers = directories.length;
  // What is damaged may need what seems to be nobody's.
  if (needs === undefined) return findings.finish();
  for (const name of directories) {
    const path = `${paths.overlay}/${name}`;
    if (!needs.directories.has(name)) {
      findings.addWaste('unownedLayer', path, 'no image and no container has it');
    } else if (!findings.isThere(`${paths.links}/${shortLinkName(name)}`)) {
      findings.add('danglingLink', path, 'the short link that it is mounted by is not there');
    }
  }
  checkBlobs(findings, store, needs.blobs);
  return findings.finish();
}

function checkBlobs(findings: StoreFindings, store: ReadStore, needed: ReadonlySet<string>): void {
  const directory = `${store.paths.images}/blobs/sha256`;
  const stored = new Set(findings.names(directory));
  for (const name of stored) {
    if (needed.has(`sha256:${name}`)) continue;
    findings.addWaste('unownedBlob', `${directory}/${name}`, 'no image has it');
  }
  for (const digest of needed) {
    const name = digest.slice('sha256:'.length);
    if (!digest.startsWith('sha256:') || stored.has(name)) continue;
    findings.add('missingBlob', `${directory}/${name}`, 'an image has it, and it is not there');
  }
  for (const { reference, descriptor } of listImageNames(store)) {
    if (stored.has(descriptor.digest.slice('sha256:'.length))) continue;
    const message = `${reference ?? 'an image without a name'} stands for ${descriptor.digest}, which is not there`;
    findings.add('goneImage', `${store.paths.images}/index.json`, message);
  }
}

/** Containers half removed, and names of none. */
function checkHalves(findings: StoreFindings, store: ReadStore): void {
  const { paths } = store;
  const damaged = listContainerProblems(store).length > 0;
  for (const id of listContainerIDs(store)) {
    const { directory, record } = containerPaths(paths, id);
    if (findings.isThere(record)) continue;
    findings.addWaste('leftover', directory, 'a container that was half removed');
  }
  if (damaged) return;
  for (const name of findings.names(paths.names)) {
    const path = `${paths.names}/${name}`;
    const id = findings.attempt(path, () => store.host.readLink(path)) ?? '';
    if (/^[0-9a-f]{64}$/.test(id) && findings.isThere(containerPaths(paths, id).record)) continue;
    findings.add('leftover', path, 'the name of a container that is not there');
  }
}
