// /proc/PID/status: proc_pid_status(5). Names here are escaped by the kernel, unlike in stat.

export interface ProcessIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

/** 64 bits each, in hexadecimal as the kernel writes them: capabilities(7). */
export interface CapabilityMasks {
  readonly effective: string;
  readonly permitted: string;
  readonly inheritable: string;
  readonly bounding: string;
  readonly ambient: string;
}

export interface ProcessStatus {
  /** As our own user namespace sees them (user_namespaces(7)). */
  readonly uid: ProcessIds;
  readonly gid: ProcessIds;
  /** The pid in each pid namespace, from ours to the innermost; empty before Linux 4.1. */
  readonly pidInNamespaces: readonly number[];
  /** The same for the session. */
  readonly sessionInNamespaces: readonly number[];
  /** Resident bytes; 0 for kernel threads and zombies. */
  readonly rss: number;
  readonly capabilities?: CapabilityMasks;
  /** 0 disabled, 1 strict, 2 filter; absent in a kernel without seccomp(2). */
  readonly seccomp?: number;
  /** Since Linux 5.9. */
  readonly seccompFilters?: number;
  /** prctl(2), PR_SET_NO_NEW_PRIVS; since Linux 4.10. */
  readonly noNewPrivs?: boolean;
}

/** Masks that were read before, by their text: of thousands of processes they are a few. */
export type KnownMasks = Map<string, CapabilityMasks>;

export function parseProcessStatus(text: string, known: KnownMasks = new Map()): ProcessStatus {
  const list = (key: string) => numbers(fieldOf(text, key) ?? '');
  return {
    uid: toIds(list('Uid')),
    gid: toIds(list('Gid')),
    pidInNamespaces: list('NSpid'),
    sessionInNamespaces: list('NSsid'),
    rss: (list('VmRSS')[0] ?? 0) * 1024,
    ...readConfinement(text, known),
  };
}

/** Looked up one by one: most of the fifty lines are of no use here. Names are escaped in it. */
function fieldOf(text: string, key: string): string | undefined {
  const at = text.indexOf(`\n${key}:`);
  if (at < 0) return undefined;
  const start = at + key.length + 2;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).trim();
}

function readConfinement(
  text: string,
  known: KnownMasks,
): Pick<ProcessStatus, 'capabilities' | 'seccomp' | 'seccompFilters' | 'noNewPrivs'> {
  const capabilities = readMasks(text, known);
  const [seccomp, filters] = [fieldOf(text, 'Seccomp'), fieldOf(text, 'Seccomp_filters')];
  const noNewPrivs = fieldOf(text, 'NoNewPrivs');
  return {
    ...(capabilities !== undefined && { capabilities }),
    ...(seccomp !== undefined && { seccomp: Number(seccomp) }),
    ...(filters !== undefined && { seccompFilters: Number(filters) }),
    ...(noNewPrivs !== undefined && { noNewPrivs: noNewPrivs === '1' }),
  };
}

/** The five lines stand together. */
function readMasks(text: string, known: KnownMasks): CapabilityMasks | undefined {
  const start = text.indexOf('\nCapInh:');
  if (start < 0) return undefined;
  const lines = text.slice(start, text.indexOf('\nNoNewPrivs:', start) + 1 || undefined);
  const before = known.get(lines);
  if (before !== undefined) return before;
  const mask = (key: string) => fieldOf(lines, key) ?? '0'.repeat(16);
  const masks = {
    effective: mask('CapEff'),
    permitted: mask('CapPrm'),
    inheritable: mask('CapInh'),
    bounding: mask('CapBnd'),
    ambient: mask('CapAmb'),
  };
  known.set(lines, masks);
  return masks;
}

function numbers(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

function toIds([real = 0, effective = 0, saved = 0, fileSystem = 0]: number[]): ProcessIds {
  return { real, effective, saved, fileSystem };
}
