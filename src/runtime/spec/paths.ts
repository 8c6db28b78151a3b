// What of /proc and /sys a container does not see, or sees and cannot change. A path that the
// kernel does not have does no harm: the runtime passes over it.

/** Hidden behind /dev/null or an empty directory: Docker's list. */
export const MASKED_PATHS: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  // Timing of interrupts tells keystrokes (moby GHSA-6fw5-f8r9-fgfm); newer than Docker 20.10.
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  // Power readings tell keys (moby GHSA-jq35-85cj-fj4p, PLATYPUS); newer than Docker 20.10.
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** There to read: Docker's list. */
export const READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];
