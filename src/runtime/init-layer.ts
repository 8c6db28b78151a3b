// The runtime needs places to mount on: /proc, /dev, /etc/hosts and others. Where an image lacks
// them they are made in a layer of their own between the image and the container, one for each
// image, so that what a container changed holds nothing that we made (Docker has the same layer).
import type { Host } from '../host/host.js';
import type { Digest } from '../oci/digest.js';
import { placeLayerDirectory } from './store/layer-store.js';
import { initLayerName, overlayDirectory } from './store/paths.js';
import { makeTemporaryDirectory } from './store/temporary.js';
import type { Store } from './store/store.js';

const DIRECTORIES = ['/dev', '/dev/pts', '/dev/shm', '/proc', '/sys'];
const FILES = ['/dev/console', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];

/** Makes the init layer of an image unless it is there. `lower`: `diff` directories, top first. */
export function ensureInitLayer(
  store: Store,
  top: Digest | undefined,
  lower: readonly string[],
): string {
  const { host, paths } = store;
  const name = initLayerName(top);
  if (host.findStatus(overlayDirectory(paths, name)) !== undefined) return name;
  const temporary = makeTemporaryDirectory(store);
  const layer = `${temporary}/layer`;
  const view = `${temporary}/view`;
  host.createDirectory(layer);
  host.createDirectory(`${layer}/diff`);
  // Overlayfs wants two layers at least; the empty ones change nothing of what is seen.
  const empty = ['empty-1', 'empty-2'].map((part) => `${temporary}/${part}`);
  for (const directory of [view, ...empty]) host.createDirectory(directory);
  host.mountOverlay({ lower: [...lower, ...empty], target: view, readOnly: true });
  try {
    fillInitLayer(host, view, `${layer}/diff`);
  } finally {
    host.unmount(view);
  }
  placeLayerDirectory(store, layer, name);
  host.removeTree(temporary);
  return name;
}

/** `view` shows the image; where a symlink stands in a path it is left to the runtime. */
function fillInitLayer(host: Host, view: string, diff: string): void {
  const made = [''];
  const missing = (path: string) => host.findStatus(view + path) === undefined;
  for (const path of DIRECTORIES.filter(missing)) makeInLayer(host, view, diff, path, made);
  for (const path of FILES.filter(missing)) {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (makeInLayer(host, view, diff, parent, made)) host.writeFile(diff + path, '', 0o644);
  }
  // Children first: making them has changed the times of their parents.
  for (const path of made.reverse()) {
    if (!missing(path)) copyMetadata(host, view + path, diff + path);
  }
}

/** Makes a directory and its parents in the layer; false where no directory can be. */
function makeInLayer(
  host: Host,
  view: string,
  diff: string,
  path: string,
  made: string[],
): boolean {
  if (made.includes(path)) return true;
  const existing = host.findStatus(view + path);
  if (existing !== undefined && existing.type !== 'directory') return false;
  if (!makeInLayer(host, view, diff, path.slice(0, path.lastIndexOf('/')), made)) return false;
  host.createDirectory(diff + path);
  made.push(path);
  return true;
}

/** A directory of this layer hides the image's own metadata: it gets the same. */
function copyMetadata(host: Host, from: string, to: string): void {
  const { uid, gid, mode, mtime } = host.lstat(from);
  host.setOwner(to, uid, gid);
  host.setMode(to, mode);
  for (const name of host.listXattrs(from)) {
    const value = name.startsWith('trusted.overlay.') ? undefined : host.readXattr(from, name);
    if (value !== undefined) host.setXattr(to, name, value);
  }
  host.setModifiedTime(to, mtime);
}
