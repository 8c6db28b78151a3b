// Everything between a container on disk and a program that runs in it: directories, the overlay
// mount, the network namespace, the bundle. `tearDown` is the way back.
import { planOverlayMount } from '../overlay/mount.js';
import { CutawayError } from '../oci/error.js';
import { ensureInitLayer } from './init-layer.js';
import { findInit, INIT_PATH } from './find-init.js';
import type { Bind } from './spec/mounts.js';
import { mergeEnvironment } from './spec/environment.js';
import { makeRuntimeConfig } from './spec/make-runtime-config.js';
import { resolveUser } from './spec/user.js';
import { bundleAddresses } from './bundle-files.js';
import type { ContainerRecord } from './store/container-store.js';
import { linkDirectory } from './store/layer-store.js';
import {
  containerPaths,
  layerDirectoryName,
  overlayDirectory,
  shortLinkName,
  type ContainerPaths,
} from './store/paths.js';
import { whyNotUnpack } from './store/can-unpack.js';
import type { Store } from './store/store.js';
import { tearDown } from './tear-down.js';

export interface ConsoleSize {
  readonly height: number;
  readonly width: number;
}

export interface PrepareOptions {
  /** Of the upperdir; default: of a container that is removed at its end. */
  readonly volatile?: boolean;
  /** Set before the program runs; what changes later the runtime passes on. */
  readonly consoleSize?: ConsoleSize;
}

/** Mounts, and writes the bundle. On failure nothing stays mounted. */
export function prepareContainer(
  store: Store,
  record: ContainerRecord,
  options: PrepareOptions = {},
): void {
  requireBindSources(store, record);
  const paths = containerPaths(store.paths, record.id);
  makeDirectories(store, record, paths);
  try {
    // What will be removed at its end need not be on the disk by then.
    mountRoot(store, record, paths, { volatile: options.volatile ?? record.autoRemove });
    if (record.network === 'none') holdNetworkNamespace(store, paths);
    writeBundle(store, record, paths, options);
  } catch (error) {
    tearDown(store, record);
    throw error;
  }
}

/** The bundle alone, for a container that is not started yet: mounted only meanwhile. */
export function prepareBundle(store: Store, record: ContainerRecord): void {
  // The kernel refuses to mount a volatile upperdir a second time (overlayfs.rst).
  prepareContainer(store, record, { volatile: false });
  tearDown(store, record);
}

/** What may not unpack a layer may not mount one either. */
export function requirePrivilege(store: Store): void {
  const reason = whyNotUnpack(store);
  if (reason === undefined) return;
  const isRoot = store.host.effectiveUid === 0;
  const way = isRoot
    ? 'run it on the host itself, or with --data-root elsewhere'
    : 'run it as root';
  throw new CutawayError(
    'PERMISSION_DENIED',
    isRoot ? `run a container: ${reason}` : 'run a container: only root may mount and start one',
    { hint: `${way}; layers, tree and diff of images need no privilege` },
  );
}

/** Docker makes a missing directory; a host that is looked into is not to be changed unasked. */
function requireBindSources(store: Store, record: ContainerRecord): void {
  for (const { source, destination } of record.binds) {
    if (store.host.findStatus(source) !== undefined) continue;
    throw new CutawayError(
      'NOT_FOUND',
      `mount "${source}:${destination}": no such file or directory`,
      { hint: `mkdir -p ${source} makes it an empty directory` },
    );
  }
}

function makeDirectories(store: Store, record: ContainerRecord, paths: ContainerPaths): void {
  const { host } = store;
  if (host.findStatus(paths.work) !== undefined) return;
  host.createDirectory(paths.overlay, { mode: 0o700, parents: true });
  const make = (directory: string) => {
    if (host.findStatus(directory) === undefined) host.createDirectory(directory);
  };
  make(paths.upper);
  linkDirectory(store, record.id);
  host.writeFile(`${paths.overlay}/link`, shortLinkName(record.id));
  make(paths.merged);
  // The last one says that all are there.
  make(paths.work);
}

/** The layers of the image, top first, by their directory names below overlay/. */
function imageLayerNames(store: Store, record: ContainerRecord): string[] {
  const names = record.layers.map(({ chainID }) => layerDirectoryName(chainID)).reverse();
  for (const name of names) {
    if (store.host.findStatus(overlayDirectory(store.paths, name)) !== undefined) continue;
    throw new CutawayError('NOT_FOUND', `layer ${name.slice(0, 12)} is not unpacked in the store`, {
      hint: `load the image again: ${record.image.reference}`,
    });
  }
  return names;
}

function mountRoot(
  store: Store,
  record: ContainerRecord,
  paths: ContainerPaths,
  options: { volatile: boolean },
): void {
  const images = imageLayerNames(store, record);
  const diffs = images.map((name) => `${overlayDirectory(store.paths, name)}/diff`);
  const init = ensureInitLayer(store, record.layers.at(-1)?.chainID, diffs);
  const lowerNames = [init, ...images];
  const lowerText = lowerNames.map((name) => `l/${shortLinkName(name)}`).join(':');
  store.host.writeFile(`${paths.overlay}/lower`, lowerText);
  matchRootMetadata(store, `${overlayDirectory(store.paths, init)}/diff`, paths.upper);
  // Mounted volatile before, and unmounted since: what it holds is all there (overlayfs.rst, Volatile mount).
  store.host.removeTree(`${paths.work}/work/incompat`);
  store.host.mountOverlay(
    planOverlayMount({
      lower: lowerNames.map((name) => `${store.paths.links}/${shortLinkName(name)}`),
      upper: paths.upper,
      work: paths.work,
      target: paths.merged,
      volatile: options.volatile,
    }),
  );
}

/** The root directory that a container sees is its upperdir: it looks like the image's at first. */
function matchRootMetadata(store: Store, init: string, upper: string): void {
  const { host } = store;
  const root = host.lstat(init);
  const own = host.lstat(upper);
  if (host.readDirectory(upper).length > 0 || own.mtime === root.mtime) return;
  host.setOwner(upper, root.uid, root.gid);
  host.setMode(upper, root.mode);
  host.setModifiedTime(upper, root.mtime);
}

function holdNetworkNamespace(store: Store, paths: ContainerPaths): void {
  if (store.host.findStatus(paths.networkNamespace) === undefined) {
    store.host.writeFile(paths.networkNamespace, '');
  }
  store.host.createNetworkNamespace(paths.networkNamespace);
}

function writeBundle(
  store: Store,
  record: ContainerRecord,
  paths: ContainerPaths,
  { consoleSize }: PrepareOptions,
): void {
  const { host } = store;
  const passwd = readInRoot(store, paths.merged, '/etc/passwd');
  const group = readInRoot(store, paths.merged, '/etc/group');
  const user = resolveUser(record.user, passwd, group);
  const config = makeRuntimeConfig({
    hostname: record.hostname,
    rootfs: paths.merged,
    readOnlyRoot: record.readOnly,
    args: record.init === true ? [INIT_PATH, '--', ...record.command] : record.command,
    env: mergeEnvironment(
      { config: { Env: record.imageVariables } },
      {
        hostname: record.hostname,
        terminal: record.terminal,
        home: user.home,
        variables: record.variables,
        caller: {},
      },
    ),
    cwd: record.workingDirectory,
    user,
    terminal: record.terminal,
    ...(consoleSize === undefined ? {} : { consoleSize }),
    network:
      record.network === 'none'
        ? { mode: 'none', namespacePath: paths.networkNamespace }
        : { mode: 'host' },
    cgroupsPath: `/cutaway/${record.id}`,
    cgroupNamespace: isUnifiedCgroup(store),
    binds: [...record.binds, ...initBind(store, record)],
    files: bundleAddresses(store, record, paths),
    architecture: record.architecture,
  });
  host.writeFile(paths.config, `${JSON.stringify(config, null, 2)}\n`, 0o600);
}

function initBind({ host }: Store, { init }: ContainerRecord): Bind[] {
  if (init !== true) return [];
  return [{ source: findInit(host), destination: INIT_PATH, readOnly: true }];
}

/** Docker's default: a cgroup namespace of its own on cgroup v2 only. */
function isUnifiedCgroup(store: Store): boolean {
  return store.host.findStatus('/sys/fs/cgroup/cgroup.controllers') !== undefined;
}

const PASSWD_LIMIT = 4 * 1024 * 1024;

/** A file of the image, whatever links lead to it, and nothing outside of it. */
export function readInRoot(store: Store, root: string, path: string): string {
  const found = store.host.resolveInRoot(root, path);
  if (found === undefined || store.host.findStatus(found)?.type !== 'file') return '';
  return store.host.readText(found, PASSWD_LIMIT);
}
