// Whether what containerd keeps holds together: its database, those of the snapshotters, the blobs.
import { isDigest } from '../../oci/digest.js';
import type { ReadHost } from '../../host/host.js';
import type { Problem } from '../../oci/problem.js';
import type { EngineContainer, EngineImage, StoreCheck } from '../engine.js';
import { StoreFindings } from '../store-findings.js';
import type { ContainerdMetadata } from './metadata.js';
import { snapshotKey, type Snapshot, type Snapshotter } from './snapshotter.js';

export interface ContainerdParts {
  readonly host: ReadHost;
  readonly root: string;
  readonly metadata: ContainerdMetadata;
  readonly findSnapshotter: (name: string) => Snapshotter | undefined;
  readonly containers: readonly EngineContainer[];
  readonly images: readonly EngineImage[];
  readonly problems: readonly Problem[];
}

export function checkContainerd(parts: ContainerdParts): StoreCheck {
  const { host, metadata } = parts;
  const findings = new StoreFindings(host);
  findings.addProblems(parts.problems);
  findings.checkContainers(parts.containers, parts.images);
  const names = new Set(metadata.namespaces.flatMap(({ snapshots }) => [...snapshots.keys()]));
  for (const name of names) {
    const snapshotter = findings.attempt(name, () => parts.findSnapshotter(name));
    if (snapshotter !== undefined) checkSnapshotter(findings, parts, snapshotter);
  }
  checkContent(findings, parts);
  return findings.finish();
}

function checkSnapshotter(
  findings: StoreFindings,
  { metadata, images }: ContainerdParts,
  { name, directory, snapshots, form }: Snapshotter,
): void {
  const spoken = new Set(
    metadata.namespaces.flatMap((one) => [...(one.snapshots.get(name)?.values() ?? [])]),
  );
  const owned = findOwned(snapshots, new Set(images.flatMap((one) => one.layers.map(chainOf))));
  findings.layers += snapshots.size;
  for (const snapshot of snapshots.values()) {
    const path = `${directory}/snapshots/${snapshot.id}`;
    if (!findings.isThere(form === 'overlay' ? `${path}/fs` : path)) {
      findings.add('missingLayer', path, `snapshot ${snapshot.name} is not there`);
    } else if (!spoken.has(snapshot.name)) {
      const message = `snapshot ${snapshot.name}: no namespace speaks of it`;
      findings.addWaste('unownedLayer', path, message);
    } else if (!owned.has(snapshot.name)) {
      const message = `snapshot ${snapshot.name}: no image and no container has it`;
      findings.addWaste('unownedLayer', path, message);
    }
    if (snapshot.parent !== '' && !snapshots.has(snapshot.parent)) {
      findings.add('missingParent', path, `what is below it, ${snapshot.parent}, is not there`);
    }
  }
  for (const one of spoken) {
    if (snapshots.has(one)) continue;
    findings.add('missingLayer', undefined, `snapshot ${one} is spoken of and is not there`);
  }
  const numbers = new Set([...snapshots.values()].map(({ id }) => String(id)));
  for (const one of findings.names(`${directory}/snapshots`)) {
    if (numbers.has(one)) continue;
    const message = 'the directory of a snapshot that its database does not have';
    findings.addWaste('leftover', `${directory}/snapshots/${one}`, message);
  }
}

function chainOf({ chainID }: EngineImage['layers'][number]): string {
  return chainID;
}

/** What is active or viewed, the layers of images, and whatever is below those. */
function findOwned(
  snapshots: ReadonlyMap<string, Snapshot>,
  chains: ReadonlySet<string>,
): Set<string> {
  const owned = new Set<string>();
  for (const snapshot of snapshots.values()) {
    // Docker keeps the places to mount on in a snapshot of their own.
    const isRoot = snapshot.kind !== 'committed' || chains.has(snapshotKey(snapshot));
    if (!isRoot) continue;
    for (let at: Snapshot | undefined = snapshot; at !== undefined && !owned.has(at.name);) {
      owned.add(at.name);
      at = snapshots.get(at.parent);
    }
  }
  return owned;
}

/** A blob that no namespace speaks of goes at the next garbage collection. */
function checkContent(findings: StoreFindings, { root, metadata }: ContainerdParts): void {
  const content = `${root}/io.containerd.content.v1.content`;
  const spoken = new Set(metadata.namespaces.flatMap(({ blobLabels }) => [...blobLabels.keys()]));
  const stored = new Set(
    findings
      .names(`${content}/blobs`)
      .flatMap((algorithm) =>
        findings.names(`${content}/blobs/${algorithm}`).map((hex) => `${algorithm}:${hex}`),
      ),
  );
  for (const digest of stored) {
    if (spoken.has(digest)) continue;
    const path = `${content}/blobs/${digest.replace(':', '/')}`;
    findings.addWaste('unownedBlob', path, 'no namespace speaks of it');
  }
  for (const digest of spoken) {
    if (!isDigest(digest) || stored.has(digest)) continue;
    const path = `${content}/blobs/${digest.replace(':', '/')}`;
    findings.add('missingBlob', path, 'a namespace speaks of it, and it is not there');
  }
  for (const { name, images } of metadata.namespaces) {
    for (const { name: image, target } of images) {
      if (stored.has(target.digest)) continue;
      findings.add(
        'goneImage',
        undefined,
        `${name}/${image} stands for ${target.digest}, which is not there`,
      );
    }
  }
  for (const one of findings.names(`${content}/ingest`)) {
    findings.addWaste('leftover', `${content}/ingest/${one}`, 'a blob that never came whole');
  }
}
