import type { DeviceRule } from '../../oci/runtime-config.js';

/** Character devices of devices.txt (Linux) that are safe to have: they lead to no hardware. */
const SAFE: readonly (readonly [major: number, minor: number])[] = [
  [1, 5], // zero
  [1, 3], // null
  [1, 9], // urandom
  [1, 8], // random
  [5, 0], // tty
  [5, 1], // console
];

/**
 * Docker's rules of the device cgroup, later ones first to hold. The runtime adds what the
 * runtime-spec says every container has (full, ptmx, pts/*, and mknod of anything).
 */
export const DEVICE_RULES: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  ...SAFE.map(
    ([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' }) as const,
  ),
  // fuse: refused by name, as it was allowed once.
  { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
];
