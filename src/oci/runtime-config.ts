// config.json of a bundle (runtime-spec config.md, config-linux.md): what we write and read of it.
// Numbers that the spec makes 64 bits wide are doubles here; none that we write needs more.
import { parseJson, present } from './json-reader.js';

export interface RuntimeConfig {
  readonly ociVersion: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly root?: Root;
  readonly process?: Process;
  /** In the order they are mounted. */
  readonly mounts?: readonly Mount[];
  readonly hooks?: Hooks;
  readonly linux?: LinuxSection;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface Process {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user?: ProcessUser;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly ResourceLimit[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
}

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
}

/** Names like `CAP_CHOWN`: capabilities(7). */
export interface Capabilities {
  readonly bounding?: readonly string[];
  readonly permitted?: readonly string[];
  readonly effective?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly ambient?: readonly string[];
}

/** Infinity is without limit. */
export interface ResourceLimit {
  readonly type: `RLIMIT_${string}`;
  readonly soft: number;
  readonly hard: number;
}

export interface Mount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface Hook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

export interface Hooks {
  readonly prestart?: readonly Hook[];
  readonly createRuntime?: readonly Hook[];
  readonly createContainer?: readonly Hook[];
  readonly startContainer?: readonly Hook[];
  readonly poststart?: readonly Hook[];
  readonly poststop?: readonly Hook[];
}

export interface LinuxSection {
  readonly namespaces?: readonly Namespace[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly devices?: readonly Device[];
  readonly cgroupsPath?: string;
  readonly resources?: Resources;
  readonly rootfsPropagation?: 'private' | 'shared' | 'slave' | 'unbindable';
  readonly seccomp?: Seccomp;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
}

/** The spec's names of namespaces, which are not those of /proc/PID/ns. */
export type RuntimeNamespaceType =
  'mount' | 'pid' | 'network' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

export interface Namespace {
  readonly type: RuntimeNamespaceType;
  /** An existing one to join; absent for a new one. */
  readonly path?: string;
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface Device {
  readonly type: 'c' | 'b' | 'u' | 'p';
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface DeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  /** Of `rwm`. */
  readonly access?: string;
}

export interface Resources {
  readonly devices?: readonly DeviceRule[];
  readonly memory?: MemoryResources;
  readonly cpu?: CpuResources;
  readonly pids?: { readonly limit: number };
  readonly blockIO?: BlockIoResources;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  /** cgroup v2 files by name. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** Bytes; -1 is without limit. */
export interface MemoryResources {
  readonly limit?: number;
  readonly reservation?: number;
  /** Memory and swap together. */
  readonly swap?: number;
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
}

/** Times in microseconds. */
export interface CpuResources {
  readonly shares?: number;
  readonly quota?: number;
  readonly period?: number;
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  readonly cpus?: string;
  readonly mems?: string;
}

export interface BlockIoDevice {
  readonly major: number;
  readonly minor: number;
}

export interface BlockIoResources {
  readonly weight?: number;
  readonly weightDevice?: readonly (BlockIoDevice & { readonly weight?: number })[];
  readonly throttleReadBpsDevice?: readonly (BlockIoDevice & { readonly rate: number })[];
  readonly throttleWriteBpsDevice?: readonly (BlockIoDevice & { readonly rate: number })[];
  readonly throttleReadIOPSDevice?: readonly (BlockIoDevice & { readonly rate: number })[];
  readonly throttleWriteIOPSDevice?: readonly (BlockIoDevice & { readonly rate: number })[];
}

export type SeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_NOTIFY';

export type SeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ';

export interface Seccomp {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  /** `SCMP_ARCH_X86_64`, … */
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly SeccompRule[];
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: SeccompOperator;
}

/** RLIM_INFINITY of getrlimit(2): 64 bits, which no number of JavaScript holds. */
const RLIM_INFINITY = '18446744073709551615';
/** No text of a config holds a NUL. */
const UNLIMITED = '\0unlimited';

/** config.json. */
export function formatRuntimeConfig(config: RuntimeConfig | Process): string {
  const text = JSON.stringify(
    config,
    (_key, value: unknown) => (value === Infinity ? UNLIMITED : value),
    2,
  );
  return `${text.replaceAll(JSON.stringify(UNLIMITED), RLIM_INFINITY)}\n`;
}

const RUNTIME_STATUSES = ['creating', 'created', 'running', 'paused', 'stopped'] as const;
/** runtime.md#state; `paused` is no word of the spec, but every runtime's. */
export type RuntimeStatus = (typeof RUNTIME_STATUSES)[number];

/** What `runc state ID` prints. */
export interface RuntimeState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: RuntimeStatus;
  /** On the host. Absent when nothing runs: runtimes then write 0. */
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function parseRuntimeState(bytes: Uint8Array): RuntimeState {
  const document = parseJson(bytes, 'runtime state');
  const statusField = document.get('status');
  const text = statusField.string();
  const status = RUNTIME_STATUSES.find((known) => known === text);
  if (status === undefined) return statusField.fail(`not a status: ${JSON.stringify(text)}`);
  const pid = document.get('pid').optional((field) => field.integer(0));
  // Its name before runtime-spec 1.0.
  const bundle = ['bundle', 'bundlePath'].find((key) => document.get(key).isPresent) ?? 'bundle';
  return present({
    ociVersion: document.get('ociVersion').string(),
    id: document.get('id').string(),
    status,
    pid: pid === 0 ? undefined : pid,
    bundle: document.get(bundle).string(),
    annotations: document.get('annotations').optional((map) => map.stringMap()),
  });
}
