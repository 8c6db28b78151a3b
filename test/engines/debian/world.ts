// What every part of the Debian test works on.
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import type { Cutaway } from '../../support/cli.js';
import { LAYERS, type DebianImages } from '../../support/debian-image.js';
import type { Docker } from '../../support/docker.js';
import { takeSnapshot, type KnownSums, type Snapshot } from '../../overlay/oracle/snapshot.js';

export interface World {
  /** A directory for files of the test. */
  readonly root: string;
  readonly docker: Docker;
  /** With the same images in its store as Docker has. */
  readonly cutaway: Cutaway;
  readonly images: DebianImages;
  /** LAYERS by skopeo: two OCI layouts, and the first of them as an archive. */
  readonly copies: Copies;
  /** What was read of files in layers. */
  readonly sums: KnownSums;
  /** By number of layers of LAYERS: `snapshotUpTo`. */
  readonly snapshots: Map<number, Snapshot>;
}

export interface Copies {
  readonly gzip: string;
  readonly zstd: string;
  readonly archive: string;
}

/** Copies LAYERS out of the docker-archive. */
export async function copyWithSkopeo(root: string, archive: string): Promise<Copies> {
  const from = `docker-archive:${archive}:${LAYERS}`;
  const gzip = join(root, 'gzip');
  const zstd = join(root, 'zstd');
  const file = join(root, 'oci.tar');
  const compression = ['--dest-compress', '--dest-compress-format', 'zstd'];
  const quickly = ['-q', '--dest-compress-level', '1'];
  const copy = (...argv: string[]) => promisify(execFile)('skopeo', ['copy', ...quickly, ...argv]);
  await Promise.all([
    copy(from, `oci:${gzip}:layers`).then(() =>
      copy(`oci:${gzip}:layers`, `oci-archive:${file}:layers`),
    ),
    copy(...compression, from, `oci:${zstd}:layers`),
  ]);
  return { gzip, zstd, archive: file };
}

export function skopeo(...argv: string[]): Buffer {
  return execFileSync('skopeo', argv, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
}

export interface KernelMount {
  readonly directory: string;
  unmount(): void;
}

let mounts = 0;

/** These directories, lowest first, as mount(8) puts them together: read-only. */
export function mountLayers(root: string, directories: readonly string[]): KernelMount {
  const directory = join(root, `mount-${(mounts += 1)}`);
  const empty = join(root, `empty-${mounts}`);
  execFileSync('mkdir', [directory, empty]);
  // One directory alone is no overlay.
  const lower = [...directories].reverse().concat(empty).join(':');
  const options = `ro,index=off,metacopy=off,redirect_dir=off,lowerdir=${lower}`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, directory]);
  return {
    directory,
    unmount: () => {
      execFileSync('umount', [directory]);
      execFileSync('rmdir', [directory, empty]);
    },
  };
}

/** What the kernel shows of the first `count` layers of LAYERS, as they are unpacked. */
export async function snapshotUpTo(world: World, count: number): Promise<Snapshot> {
  const known = world.snapshots.get(count);
  if (known !== undefined) return known;
  const { layers } = (await world.cutaway.json('layers', LAYERS)) as LayersDocument;
  const directories = layers.map(({ directory = '' }) => directory);
  const mount = mountLayers(world.root, directories.slice(0, count));
  try {
    const snapshot = takeSnapshot(mount.directory, world.sums);
    world.snapshots.set(count, snapshot);
    return snapshot;
  } finally {
    mount.unmount();
  }
}

/** The first few of what differs, and how many there are: thousands of lines help nobody. */
export function firstOf(lines: readonly string[]): string[] {
  const more = lines.length - 20;
  return more > 0 ? [...lines.slice(0, 20), `and ${more} more`] : [...lines];
}
