import { CAPABILITIES } from '../../oci/capability-names.js';
import { CutawayError } from '../../oci/error.js';
import type { Capabilities } from '../../oci/runtime-config.js';

/** What Docker leaves to the root of a container: enough for package managers and servers. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/**
 * The sets of the first process. A user other than root starts with nothing in effect and gets
 * only what a file capability of its program gives; nothing is inheritable (CVE-2022-24769).
 */
export function makeCapabilities(bounding: readonly string[], uid: number): Capabilities {
  return uid === 0 ? { bounding, effective: bounding, permitted: bounding } : { bounding };
}

/**
 * Docker's --cap-add and --cap-drop: with or without "CAP_", any case, ALL for every one there is.
 */
export function resolveCapabilities(
  add: readonly string[],
  drop: readonly string[],
  all: () => readonly string[] = () => CAPABILITIES,
): readonly string[] {
  const added = add.map((name) => parseCapability(name));
  const dropped = drop.map((name) => parseCapability(name));
  if (added.includes('ALL')) return all().filter((name) => !dropped.includes(name));
  const kept = dropped.includes('ALL')
    ? []
    : DEFAULT_CAPABILITIES.filter((name) => !dropped.includes(name));
  return [...new Set([...kept, ...added])];
}

function parseCapability(text: string): string {
  const upper = text.toUpperCase();
  if (upper === 'ALL') return upper;
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!CAPABILITIES.includes(name)) {
    throw new CutawayError('INVALID_INPUT', `unknown capability ${JSON.stringify(text)}`, {
      hint: 'capabilities(7) lists them; NET_ADMIN, cap_net_admin and CAP_NET_ADMIN are the same',
    });
  }
  return name;
}
