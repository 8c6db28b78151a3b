// What every part of the Debian test works on.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Cutaway } from '../../support/cli.js';
import { LAYERS, type DebianImages } from '../../support/debian-image.js';
import type { Docker } from '../../support/docker.js';

export interface World {
  /** A directory for files of the test. */
  readonly root: string;
  readonly docker: Docker;
  /** With the same images in its store as Docker has. */
  readonly cutaway: Cutaway;
  readonly images: DebianImages;
  /** LAYERS by skopeo: two OCI layouts, and the first of them as an archive. */
  readonly copies: { readonly gzip: string; readonly zstd: string; readonly archive: string };
}

/** Copies LAYERS out of the docker-archive. */
export function copyWithSkopeo(root: string, archive: string): World['copies'] {
  const from = `docker-archive:${archive}:${LAYERS}`;
  const gzip = join(root, 'gzip');
  const zstd = join(root, 'zstd');
  const file = join(root, 'oci.tar');
  skopeo('copy', '-q', from, `oci:${gzip}:layers`);
  const compression = ['--dest-compress', '--dest-compress-format', 'zstd'];
  skopeo('copy', '-q', ...compression, from, `oci:${zstd}:layers`);
  skopeo('copy', '-q', `oci:${gzip}:layers`, `oci-archive:${file}:layers`);
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

/** The first few of what differs, and how many there are: thousands of lines help nobody. */
export function firstOf(lines: readonly string[]): string[] {
  const more = lines.length - 20;
  return more > 0 ? [...lines.slice(0, 20), `and ${more} more`] : [...lines];
}
