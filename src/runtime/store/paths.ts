// Running containers: the store, the bundle, the runtime, the life of a container.
// This file: where everything of a store lies. The names on disk are those people know from
// Docker's overlay2, so that what `mount` shows reads the same.
import { createHash } from 'node:crypto';
import type { ReadHost } from '../../host/host.js';
import type { Digest } from '../../oci/digest.js';

export interface StorePaths {
  readonly root: string;
  /** An OCI image layout that other tools can open. */
  readonly images: string;
  readonly overlay: string;
  /** Short links to `diff` directories: what a mount line shows. */
  readonly links: string;
  readonly containers: string;
  /** One symlink for each container name, to its id: the claim on the name. */
  readonly names: string;
  /** Layer indexes by diffID: a cache, free to be deleted at any time. */
  readonly indexes: string;
  /** Work in progress, each directory named after the process that fills it. */
  readonly temporary: string;
  /** Blobs of which a part has come, by digest: what was interrupted goes on from there. */
  readonly partial: string;
  readonly lock: string;
  /** Held by those who bring images in, against those who take away what nobody has named. */
  readonly arrivals: string;
  /** Of processes that are being started in running containers; each named after its maker. */
  readonly execs: string;
  /** Is there while something was let go and not yet swept away, for an image was on its way. */
  readonly unswept: string;
  /** What does not outlive a reboot: the runtime's state, pid files, network namespaces. */
  readonly run: string;
}

/** Root's store, or that of an ordinary user; `CUTAWAY_DATA_ROOT` puts it elsewhere. */
export function defaultDataRoot(host: ReadHost): string {
  const chosen = host.environment['CUTAWAY_DATA_ROOT'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (host.effectiveUid === 0) return '/var/lib/cutaway';
  const data = host.environment['XDG_DATA_HOME'];
  const home = host.environment['HOME'] ?? '/';
  return `${data !== undefined && data !== '' ? data : `${home}/.local/share`}/cutaway`;
}

export function storePaths(host: ReadHost, root: string): StorePaths {
  const run = runDirectory(host, root);
  return {
    root,
    images: `${root}/images`,
    overlay: `${root}/overlay`,
    links: `${root}/overlay/l`,
    containers: `${root}/containers`,
    names: `${root}/containers/names`,
    indexes: `${root}/index`,
    temporary: `${root}/tmp`,
    partial: `${root}/partial`,
    lock: `${root}/lock`,
    arrivals: `${root}/arrivals`,
    execs: `${run}/exec`,
    unswept: `${root}/unswept`,
    run,
  };
}

/** A store elsewhere gets a directory of its own, named after its place. */
function runDirectory(host: ReadHost, root: string): string {
  const runtime = host.environment['XDG_RUNTIME_DIR'];
  const base =
    host.effectiveUid === 0
      ? '/run/cutaway'
      : `${runtime !== undefined && runtime !== '' ? runtime : `/tmp/cutaway-${host.effectiveUid}`}/cutaway`;
  if (root === '/var/lib/cutaway') return base;
  return `${base}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
}

/** The directory of a layer (by chainID) or of a container (by id) below `overlay/`. */
export function overlayDirectory(paths: StorePaths, id: string): string {
  return `${paths.overlay}/${id}`;
}

/** The name of an unpacked layer's directory: its chainID without the algorithm. */
export function layerDirectoryName(chainID: Digest): string {
  return chainID.slice(chainID.indexOf(':') + 1);
}

/** The directory name below overlay/ of the init layer on top of a chain of layers. */
export function initLayerName(top: Digest | undefined): string {
  return `${top === undefined ? 'empty' : layerDirectoryName(top)}-init`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 26 characters that stand for a directory in mount options; the same name every time. */
export function shortLinkName(directoryName: string): string {
  const hash = createHash('sha256').update(directoryName).digest();
  return Array.from({ length: 26 }, (_, index) => BASE32[(hash[index] ?? 0) & 31]).join('');
}

export interface ContainerPaths {
  readonly directory: string;
  readonly record: string;
  readonly state: string;
  readonly log: string;
  /** What a user wants of it while it runs: runtime/wish. */
  readonly wish: string;
  readonly health: string;
  readonly bundle: string;
  readonly config: string;
  readonly upper: string;
  readonly work: string;
  readonly merged: string;
  readonly overlay: string;
  readonly runtimeState: string;
  /** The container's first process, as the runtime writes it down when it runs. */
  readonly pidFile: string;
  /** The runtime itself. */
  readonly runtimePid: string;
  readonly runtimeLog: string;
  readonly networkNamespace: string;
  /** A tmpfs, while it runs, of a container whose ipc namespace others may join. */
  readonly sharedMemory: string;
  /** Where those attached to it connect, while a supervisor lives. */
  readonly attachSocket: string;
  readonly consoleSocket: string;
}

/** Where the runtime keeps what it knows of a container while it exists. */
export function runtimeDirectory(paths: StorePaths, id: string): string {
  return `${paths.run}/runc/${id}`;
}

export function containerPaths(paths: StorePaths, id: string): ContainerPaths {
  const directory = `${paths.containers}/${id}`;
  const overlay = overlayDirectory(paths, id);
  return {
    directory,
    record: `${directory}/container.json`,
    state: `${directory}/state.json`,
    log: `${directory}/log.jsonl`,
    wish: `${directory}/wish`,
    health: `${directory}/health.json`,
    bundle: `${directory}/bundle`,
    config: `${directory}/bundle/config.json`,
    overlay,
    upper: `${overlay}/diff`,
    work: `${overlay}/work`,
    merged: `${overlay}/merged`,
    runtimeState: `${runtimeDirectory(paths, id)}/state.json`,
    pidFile: `${paths.run}/pid/${id}`,
    runtimePid: `${paths.run}/pid/${id}.runtime`,
    runtimeLog: `${paths.run}/log/${id}`,
    networkNamespace: `${paths.run}/netns/${id.slice(0, 12)}`,
    sharedMemory: `${paths.run}/shm/${id.slice(0, 12)}`,
    // Short: a socket's path has 107 bytes at most (unix(7)).
    attachSocket: `${paths.run}/pid/${id.slice(0, 12)}.attach`,
    consoleSocket: `${paths.run}/pid/${id.slice(0, 12)}.console`,
  };
}
