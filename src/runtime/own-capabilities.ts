import type { ReadHost } from '../host/host.js';
import { decodeCapabilities } from '../ns/capability.js';

/** In the kernel's order. What this process's bounding set lacks, nobody that it starts can have. */
export function ownCapabilities(host: ReadHost): string[] {
  const status = host.readText('/proc/self/status');
  const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return decodeCapabilities(mask)
    .filter((name) => name.startsWith('cap_'))
    .map((name) => name.toUpperCase());
}
