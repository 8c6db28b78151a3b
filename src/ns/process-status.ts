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

const WANTED = new Set(
  'Uid Gid NSpid NSsid VmRSS CapEff CapPrm CapInh CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters'.split(
    ' ',
  ),
);

export function parseProcessStatus(text: string): ProcessStatus {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const key = line.slice(0, colon);
    if (colon > 0 && WANTED.has(key)) found.set(key, line.slice(colon + 1).trim());
  }
  const list = (key: string) => numbers(found.get(key) ?? '');
  return {
    uid: toIds(list('Uid')),
    gid: toIds(list('Gid')),
    pidInNamespaces: list('NSpid'),
    sessionInNamespaces: list('NSsid'),
    rss: (list('VmRSS')[0] ?? 0) * 1024,
    ...readConfinement(found),
  };
}

function readConfinement(
  found: ReadonlyMap<string, string>,
): Pick<ProcessStatus, 'capabilities' | 'seccomp' | 'seccompFilters' | 'noNewPrivs'> {
  const mask = (key: string) => found.get(key) ?? '0'.repeat(16);
  const [seccomp, filters] = [found.get('Seccomp'), found.get('Seccomp_filters')];
  const noNewPrivs = found.get('NoNewPrivs');
  return {
    ...(found.has('CapEff') && {
      capabilities: {
        effective: mask('CapEff'),
        permitted: mask('CapPrm'),
        inheritable: mask('CapInh'),
        bounding: mask('CapBnd'),
        ambient: mask('CapAmb'),
      },
    }),
    ...(seccomp !== undefined && { seccomp: Number(seccomp) }),
    ...(filters !== undefined && { seccompFilters: Number(filters) }),
    ...(noNewPrivs !== undefined && { noNewPrivs: noNewPrivs === '1' }),
  };
}

function numbers(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
}

function toIds([real = 0, effective = 0, saved = 0, fileSystem = 0]: number[]): ProcessIds {
  return { real, effective, saved, fileSystem };
}
