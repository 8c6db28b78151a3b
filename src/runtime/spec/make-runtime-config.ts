// From an image and what was asked for to config.json: runtime-spec 1.0.2, pure. Where Docker
// has a default, it is the same here.
// This file: the whole; its neighbours make the parts.
import type {
  LinuxSection,
  Namespace,
  Process,
  ProcessUser,
  Device,
  DeviceRule,
  ResourceLimit,
  Resources,
  RuntimeConfig,
  RuntimeNamespaceType,
  Seccomp,
} from '../../oci/runtime-config.js';
import { DEFAULT_CAPABILITIES, makeCapabilities } from './capabilities.js';
import { DEVICE_RULES } from './devices.js';
import { makeMounts, type Bind, type MountsInput, type NetworkFiles } from './mounts.js';
import { MASKED_PATHS, READONLY_PATHS } from './paths.js';
import { makeSeccomp } from './seccomp.js';
import { tmpfsMount, type TmpfsWish } from './tmpfs.js';

export interface NetworkInput {
  /** "none" is a namespace of its own; what is in it is not ours. */
  readonly mode: 'none' | 'host' | 'container';
  /** A network namespace that is there already, for the others than "host". */
  readonly namespacePath?: string;
}

export interface SpecInput {
  readonly hostname: string;
  /** Absolute, or relative to the bundle. */
  readonly rootfs: string;
  readonly readOnlyRoot: boolean;
  readonly args: readonly string[];
  /** Complete: see `mergeEnvironment`. */
  readonly env: readonly string[];
  /** Empty for "/". */
  readonly cwd: string;
  readonly user: ProcessUser;
  readonly terminal: boolean;
  readonly consoleSize?: Process['consoleSize'];
  readonly network: NetworkInput;
  readonly cgroupsPath: string;
  readonly cgroupNamespace: boolean;
  readonly binds: readonly Bind[];
  readonly files?: NetworkFiles;
  /** In the names of the image-spec: "amd64", "arm64". */
  readonly architecture: string;
  /** The bounding set; default Docker's. */
  readonly capabilities?: readonly string[];
  readonly rlimits?: readonly ResourceLimit[];
  /** What the cgroup limits; the rules for devices are added. */
  readonly resources?: Omit<Resources, 'devices'>;
  /** Default 0. */
  readonly oomScoreAdj?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of /dev/shm in bytes; default Docker's 64 MiB. */
  readonly shmSize?: number;
  /** What is on /dev/shm; default a tmpfs of its own. */
  readonly sharedMemory?: MountsInput['sharedMemory'];
  readonly tmpfs?: readonly TmpfsWish[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly domainname?: string;
  /** Namespaces that are not new: the host's, or the one at a path. */
  readonly joined?: Readonly<Partial<Record<'pid' | 'uts' | 'ipc', string>>>;
  /** No filter, nothing masked, /sys to be written: what devices and capabilities go with it is given. */
  readonly privileged?: boolean;
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  /** Instead of the default profile. */
  readonly seccomp?: 'unconfined' | Seccomp;
  readonly systemPaths?: 'unconfined';
  /** Of the root; default: mounts come in from the host and do not go out. */
  readonly rootPropagation?: 'shared';
  readonly devices?: readonly Device[];
  /** Behind the usual ones: the later rule holds. */
  readonly deviceRules?: readonly DeviceRule[];
}

const SHM_SIZE = 64 * 1024 * 1024;

/** What the runtime is told to do. The same input gives the same object. */
export function makeRuntimeConfig(input: SpecInput): RuntimeConfig {
  const { annotations = {}, shmSize = SHM_SIZE, files = {} } = input;
  return {
    ociVersion: '1.0.2',
    process: makeProcess(input),
    root: { path: input.rootfs, ...(input.readOnlyRoot ? { readonly: true } : {}) },
    // That of the host is not to be changed.
    ...(input.joined?.uts === undefined ? { hostname: input.hostname } : {}),
    mounts: makeMounts({
      ...input,
      shmSize,
      files,
      tmpfs: (input.tmpfs ?? []).map(tmpfsMount),
      privileged: input.privileged ?? false,
      sharedMemory: input.sharedMemory ?? 'own',
    }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    linux: makeLinux(input),
  };
}

function makeProcess(input: SpecInput): Process {
  const { consoleSize, user, capabilities = DEFAULT_CAPABILITIES, rlimits = [] } = input;
  return {
    ...(input.terminal ? { terminal: true } : {}),
    ...(input.terminal && consoleSize !== undefined ? { consoleSize } : {}),
    user,
    args: input.args,
    env: input.env,
    cwd: input.cwd === '' ? '/' : input.cwd,
    capabilities: makeCapabilities(capabilities, user.uid),
    ...(rlimits.length === 0 ? {} : { rlimits }),
    ...(input.noNewPrivileges === true ? { noNewPrivileges: true } : {}),
    ...(input.apparmorProfile === undefined ? {} : { apparmorProfile: input.apparmorProfile }),
    // Not what the caller happens to have: a session's own score would pass to the container.
    oomScoreAdj: input.oomScoreAdj ?? 0,
  };
}

function makeLinux(input: SpecInput): LinuxSection {
  const { devices = [], deviceRules = [], privileged = false } = input;
  const seccomp = seccompOf(input);
  const sysctl = sysctlsOf(input);
  const isOpen = privileged || input.systemPaths === 'unconfined';
  return {
    ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
    ...(devices.length === 0 ? {} : { devices }),
    resources: { devices: [...DEVICE_RULES, ...deviceRules], ...input.resources },
    cgroupsPath: input.cgroupsPath,
    ...(input.rootPropagation === undefined ? {} : { rootfsPropagation: input.rootPropagation }),
    namespaces: makeNamespaces(input),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(isOpen ? {} : { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
  };
}

function seccompOf(input: SpecInput): Seccomp | undefined {
  const { architecture, capabilities = DEFAULT_CAPABILITIES, seccomp, privileged } = input;
  if (seccomp === 'unconfined' || (seccomp === undefined && privileged === true)) return undefined;
  return seccomp ?? makeSeccomp({ architecture, capabilities });
}

/** What was asked for stands above ours. */
function sysctlsOf({ network, domainname, sysctl }: SpecInput): Record<string, string> {
  return {
    ...(network.mode === 'none' ? NETWORK_SYSCTLS : {}),
    ...(domainname === undefined ? {} : { 'kernel.domainname': domainname }),
    ...sysctl,
  };
}

/** Docker's, since 20.10: a container's users may open low ports and ping without rights. */
const NETWORK_SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

function makeNamespaces({ network, cgroupNamespace, joined = {} }: SpecInput): Namespace[] {
  const { mode, namespacePath: path } = network;
  const own: Namespace[] = [{ type: 'mount' }];
  if (mode !== 'host') own.push(at('network', path));
  for (const type of ['uts', 'pid', 'ipc'] as const) {
    if (joined[type] !== 'host') own.push(at(type, joined[type]));
  }
  if (cgroupNamespace) own.push({ type: 'cgroup' });
  return own;
}

function at(type: RuntimeNamespaceType, path: string | undefined): Namespace {
  return path === undefined ? { type } : { type, path };
}
