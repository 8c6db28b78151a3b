// A real Debian image with layers of every kind, made by debootstrap and Docker while the test
// waits: half a minute, and some 400 MB below a temporary directory.
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Docker } from './docker.js';
import { isInstalled } from './docker.js';
import { addBaseFiles, addContextFiles, packTar } from './debian-image-files.js';
import { SUITE, writeAptDirectory, type Mirror } from './debian-image-mirror.js';

/** From debootstrap, imported. */
export const BASE = 'cutaway-test/base:1';
/** In four layers, as what one pulls; without git. */
export const PULLED = 'cutaway-test/debian:12';
/** With git installed. */
export const GIT = 'cutaway-test/git:1';
/** With a layer for everything that layers do. */
export const LAYERS = 'cutaway-test/layers:1';

export interface DebianImages {
  /** `docker save` of them all. */
  readonly archive: string;
  /** The packages that were installed on BASE to make GIT: files in one directory. */
  readonly packages: string;
}

export function whyNoDebian(): string | undefined {
  const needed = [
    ...['debootstrap', 'wget', 'apt-get', 'skopeo', 'tar', 'tmux'],
    ...['setpriv', 'lsns', 'nsenter'],
  ];
  const missing = needed.filter((name) => !isInstalled(name));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

/** Fails when the mirror does not deliver. `root` must be empty. */
export async function makeRootfs(root: string, mirror: Mirror): Promise<string> {
  const rootfs = join(root, 'rootfs');
  // Half of an installation is waiting for the disk, for files that are gone in two minutes.
  const settings = join(rootfs, 'etc/dpkg/dpkg.cfg.d');
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, 'unsafe-io'), 'force-unsafe-io\n');
  const arguments_ = ['--variant=minbase', SUITE, rootfs, mirror.uri];
  await promisify(execFile)('debootstrap', arguments_, {
    env: { ...process.env, ...mirror.environment, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    timeout: 240_000,
  });
  // As in the images that one pulls.
  execFileSync('chroot', [rootfs, 'apt-get', 'clean'], { stdio: 'pipe' });
  execFileSync('find', [join(rootfs, 'var/lib/apt/lists'), '-type', 'f', '-delete']);
  return rootfs;
}

/** `fixtures` holds the Dockerfiles. */
export function makeImages(
  docker: Docker,
  root: string,
  rootfs: string,
  mirror: Mirror,
): DebianImages {
  addBaseFiles(rootfs);
  packTar(rootfs, join(root, 'base.tar'));
  docker.run(['import', join(root, 'base.tar'), BASE]);
  const context = join(root, 'context');
  mkdirSync(context);
  writeAptDirectory(join(context, 'apt'), '/mnt/apt', mirror);
  build(docker, { name: PULLED, file: 'pulled.Dockerfile', context, mirror, kit: '0' });
  build(docker, { name: GIT, file: 'install.Dockerfile', context, mirror, kit: '1' });
  addContextFiles(context, root);
  build(docker, { name: LAYERS, file: 'layers.Dockerfile', context, mirror, kit: '0' });
  const archive = join(root, 'debian.tar');
  docker.run(['save', '-o', archive, BASE, PULLED, GIT, LAYERS]);
  return { archive, packages: copyPackages(docker, root) };
}

interface Build {
  readonly name: string;
  readonly file: string;
  readonly context: string;
  readonly mirror: Mirror;
  /** DOCKER_BUILDKIT. */
  readonly kit: '0' | '1';
}

function build(docker: Docker, { name, file, context, mirror, kit }: Build): void {
  copyFileSync(join('fixtures/debian', file), join(context, 'Dockerfile'));
  // Docker knows these names and leaves them out of the image.
  const proxies = Object.keys(mirror.environment).flatMap((variable) => ['--build-arg', variable]);
  docker.run(['build', '-q', '--network', 'host', ...proxies, '-t', name, context], {
    environment: { ...mirror.environment, DOCKER_BUILDKIT: kit },
  });
}

/** Out of GIT. */
function copyPackages(docker: Docker, root: string): string {
  const packages = join(root, 'packages');
  const container = docker.run(['create', GIT, 'true']).trim();
  docker.run(['cp', `${container}:/var/cache/apt/archives`, packages]);
  docker.run(['rm', container]);
  for (const name of ['lock', 'partial']) rmSync(join(packages, name), { recursive: true });
  return packages;
}
