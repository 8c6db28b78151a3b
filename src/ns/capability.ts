import type { ReadHost } from '../host/host.js';

/** Numbers of linux/capability.h. */
export const CAP_SYS_ADMIN = 21n;

/** By number, with the names of capabilities(7). */
const NAMES = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid'],
  ...['setpcap', 'linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw'],
  ...['ipc_lock', 'ipc_owner', 'sys_module', 'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct'],
  ...['sys_admin', 'sys_boot', 'sys_nice', 'sys_resource', 'sys_time', 'sys_tty_config', 'mknod'],
  ...['lease', 'audit_write', 'audit_control', 'setfcap', 'mac_override', 'mac_admin', 'syslog'],
  ...['wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf', 'checkpoint_restore'],
];

/** "00000000a80425fb" → "cap_chown", …; a number without a name is shown as capsh(1) does. */
export function decodeCapabilities(mask: string): string[] {
  const names: string[] = [];
  for (let bits = BigInt(`0x${mask}`), number = 0; bits > 0n; bits >>= 1n, number += 1) {
    if ((bits & 1n) === 0n) continue;
    const name = NAMES[number];
    names.push(name === undefined ? String(number) : `cap_${name}`);
  }
  return names;
}

/** What is in `mask` and not in `usual`. */
export function capabilitiesBeyond(mask: string, usual: string): string[] {
  const more = BigInt(`0x${mask}`) & ~BigInt(`0x${usual}`);
  return decodeCapabilities(more.toString(16));
}

/** Whether our own process has a capability now: capabilities(7), CapEff of proc_pid_status(5). */
export function hasCapability(host: ReadHost, capability: bigint): boolean {
  const status = host.readText('/proc/self/status');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}
