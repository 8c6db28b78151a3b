import { posix } from 'node:path';
import { CutawayError } from '../../oci/error.js';
import type { Bind } from './mounts.js';

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
 * "-v HOST:CONTAINER[:MODE,…]". Labels (z, Z), nocopy and the consistency modes are taken and
 * have no effect: there is no SELinux relabelling, no volume, and no virtual machine in between.
 */
export function parseBind(text: string): Bind {
  const [source = '', destination, modes, ...more] = text.split(':');
  if (more.length > 0) refuse(text, 'too many colons');
  if (text === '' || [source, destination, modes].includes('')) {
    refuse(text, text === '' ? 'empty' : 'empty section between colons');
  }
  if (destination === undefined) {
    throw new CutawayError('UNSUPPORTED', `mount ${quote(text)}: volumes are not supported yet`, {
      hint: `name a directory of the host: -v /some/directory:${text}`,
    });
  }
  const clean = cleanPath(destination);
  if (!clean.startsWith('/')) refuse(text, `container path ${quote(destination)} is not absolute`);
  if (clean === '/') refuse(text, "the container's path cannot be /");
  const { access, propagation } = parseModes(text, modes);
  return {
    source: hostPath(text, source),
    destination: clean,
    readOnly: access === 'ro',
    ...(propagation === undefined ? {} : { propagation }),
  };
}

function hostPath(text: string, source: string): string {
  if (source.startsWith('/')) return cleanPath(source);
  const relative = source.startsWith('.') || source.includes('/');
  const kind = relative ? 'relative host paths' : 'named volumes';
  throw new CutawayError('UNSUPPORTED', `mount ${quote(text)}: ${kind} are not supported yet`, {
    hint: relative ? 'write the whole path' : 'name a directory of the host by its whole path',
  });
}

function parseModes(text: string, modes: string | undefined): Partial<Record<string, string>> {
  const chosen: Partial<Record<string, string>> = {};
  for (const mode of modes?.split(',') ?? []) {
    const kind = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
    if (kind === undefined) refuse(text, `unknown mode ${quote(mode)}`);
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
  throw new CutawayError('INVALID_INPUT', `mount ${quote(text)}: ${reason}`, {
    hint: 'a mount is HOST:CONTAINER or HOST:CONTAINER:ro, both paths absolute',
  });
}

function quote(text: string): string {
  return JSON.stringify(text);
}
