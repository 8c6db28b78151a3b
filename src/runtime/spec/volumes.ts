// -v and --mount: what a container is to see of the host and of volumes, and where.
import { posix } from 'node:path';
import { CutawayError } from '../../oci/error.js';
import { cleanDestination } from './tmpfs.js';

/** A path of the host. */
export interface BindWish {
  readonly kind: 'bind';
  /** Absolute and clean, as the destination is. */
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
  /** How mounts made later below it pass: mount_namespaces(7). */
  readonly propagation?: string;
  /** Without what is mounted beneath it. */
  readonly shallow?: true;
}

export interface VolumeWish {
  readonly kind: 'volume';
  /** Absent: a new one without a name. */
  readonly name?: string;
  readonly destination: string;
  readonly readOnly: boolean;
  /** An empty one stays empty, whatever the image has there. */
  readonly noCopy?: true;
  readonly labels?: Readonly<Record<string, string>>;
  /** As if the image declared it: whatever else is mounted there comes before it. */
  readonly declared?: true;
}

export type MountWish = BindWish | VolumeWish;

// One of each kind at most: Docker's rule.
const MODES: Readonly<Record<string, string>> = {
  ro: 'access',
  rw: 'access',
  z: 'label',
  Z: 'label',
  nocopy: 'copy',
  private: 'propagation',
  rprivate: 'propagation',
  shared: 'propagation',
  rshared: 'propagation',
  slave: 'propagation',
  rslave: 'propagation',
  consistent: 'consistency',
  cached: 'consistency',
  delegated: 'consistency',
};

/**
 * "-v [HOST|VOLUME:]CONTAINER[:MODE,…]". Labels (z, Z) and the consistency modes are taken and have no
 * effect: there is no SELinux relabelling, and no virtual machine in between. `directory` is where a
 * path that begins with "." starts.
 */
export function parseVolume(text: string, directory: string): MountWish {
  const [first = '', second, modes, ...more] = text.split(':');
  if (more.length > 0) refuse(text, 'too many colons');
  if (text === '' || [first, second, modes].includes('')) {
    refuse(text, text === '' ? 'empty' : 'empty section between colons');
  }
  if (second === undefined) {
    const destination = destinationOf(text, first);
    return { kind: 'volume', destination, readOnly: false, declared: true };
  }
  const destination = destinationOf(text, second);
  const { access, propagation, copy } = parseModes(text, modes);
  const readOnly = access === 'ro';
  const source = hostPath(first, directory);
  if (source !== undefined) {
    if (copy !== undefined) refuse(text, 'nocopy is for volumes');
    return {
      ...{ kind: 'bind', source, destination, readOnly },
      ...(propagation === undefined ? {} : { propagation }),
    };
  }
  if (propagation !== undefined) refuse(text, `${propagation} is for paths of the host`);
  requireVolumeName(first);
  return {
    ...{ kind: 'volume', name: first, destination, readOnly },
    ...(copy === undefined ? {} : { noCopy: true }),
  };
}

/** "--volumes-from CONTAINER[:ro|rw]". */
export function parseVolumesFrom(text: string): { container: string; readOnly: boolean } {
  const [, container = '', mode = 'rw'] = /^([^:]+)(?::(ro|rw|z|Z))?$/.exec(text) ?? [];
  if (container !== '') return { container, readOnly: mode === 'ro' };
  throw new CutawayError('INVALID_INPUT', `--volumes-from ${JSON.stringify(text)}`, {
    hint: 'it is CONTAINER or CONTAINER:ro',
  });
}

/** Docker's rule for names of volumes. */
export function requireVolumeName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && name.length <= 200) return;
  throw new CutawayError('INVALID_INPUT', `invalid volume name ${JSON.stringify(name)}`, {
    hint: 'two characters at least: letters, digits, "_", "." and "-"; a path begins with / or .',
  });
}

function destinationOf(text: string, path: string): string {
  return cleanDestination(path, `mount ${JSON.stringify(text)}`);
}

/** Undefined for the name of a volume. */
export function hostPath(source: string, directory: string): string | undefined {
  if (source.startsWith('/')) return cleanPath(source);
  if (source === '.' || source === '..' || /^\.\.?\//.test(source)) {
    return cleanPath(`${directory}/${source}`);
  }
  return undefined;
}

function parseModes(text: string, modes: string | undefined): Partial<Record<string, string>> {
  const chosen: Partial<Record<string, string>> = {};
  for (const mode of modes?.split(',') ?? []) {
    const kind = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
    if (kind === undefined) refuse(text, `unknown mode ${JSON.stringify(mode)}`);
    if (chosen[kind] !== undefined) refuse(text, `${chosen[kind]} and ${mode} exclude each other`);
    chosen[kind] = mode;
  }
  return chosen;
}

function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

function refuse(text: string, reason: string): never {
  throw new CutawayError('INVALID_INPUT', `mount ${JSON.stringify(text)}: ${reason}`, {
    hint: 'a mount is HOST:CONTAINER, VOLUME:CONTAINER or CONTAINER, with :ro behind it',
  });
}
