import type { ReadHost } from '../host/host.js';

/** Numbers of linux/capability.h. */
export const CAP_SYS_ADMIN = 21n;

/** Whether our own process has a capability now: capabilities(7), CapEff of proc_pid_status(5). */
export function hasCapability(host: ReadHost, capability: bigint): boolean {
  const status = host.readText('/proc/self/status');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}
