// A real Debian image with layers of every kind, made by debootstrap and Docker while the test
// waits: half a minute, and some 600 MB below a temporary directory.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from './docker.js';
import { isInstalled } from './docker.js';
import { addBaseFiles, addContextFiles, packTar } from './debian-image-files.js';
import { SUITE, writeAptDirectory, type Mirror } from './debian-image-mirror.js';

/** From debootstrap, imported. */
export const BASE = 'cutaway-test/base:1';
/** With git installed. */
export const GIT = 'cutaway-test/git:1';
/** With a layer for everything that layers do. */
export const LAYERS = 'cutaway-test/layers:1';

export interface DebianImages {
  /** `docker save` of all three. */
  readonly archive: string;
  /** The packages that were installed on BASE to make GIT. */
  readonly packages: string;
}

export function whyNoDebian(): string | undefined {
  const needed = ['debootstrap', 'wget', 'apt-get', 'skopeo', 'tar', 'setpriv', 'lsns', 'nsenter'];
  const missing = needed.filter((name) => !isInstalled(name));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

/** Fails when the mirror does not deliver. `root` must be empty. */
export function makeRootfs(root: string, mirror: Mirror): string {
  const rootfs = join(root, 'rootfs');
  const arguments_ = ['--variant=minbase', SUITE, rootfs, mirror.uri];
  execFileSync('debootstrap', arguments_, {
    env: { ...process.env, ...mirror.environment, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    stdio: 'pipe',
    timeout: 240_000,
  });
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
  build(docker, { name: GIT, file: 'install.Dockerfile', context, mirror, kit: '1' });
  addContextFiles(context, root);
  build(docker, { name: LAYERS, file: 'layers.Dockerfile', context, mirror, kit: '0' });
  const archive = join(root, 'debian.tar');
  docker.run(['save', '-o', archive, BASE, GIT, LAYERS]);
  return { archive, packages: copyPackages(docker, root, rootfs) };
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

/** Out of GIT; without those that debootstrap had left in BASE. */
function copyPackages(docker: Docker, root: string, rootfs: string): string {
  const archives = 'var/cache/apt/archives';
  const packages = join(root, 'packages');
  const container = docker.run(['create', GIT, 'true']).trim();
  docker.run(['cp', `${container}:/${archives}`, packages]);
  docker.run(['rm', container]);
  const old = readdirSync(join(rootfs, archives)).filter((name) => name.endsWith('.deb'));
  execFileSync('rm', ['-r', ...[...old, 'lock', 'partial'].map((name) => join(packages, name))]);
  return packages;
}
