// From an image and what was asked for to config.json: runtime-spec 1.0.2, pure. Where Docker
// has a default, it is the same here.
// This file: the whole; its neighbours make the parts.
import type {
  LinuxSection,
  Namespace,
  Process,
  ProcessUser,
  ResourceLimit,
  Resources,
  RuntimeConfig,
} from '../../oci/runtime-config.js';
import { DEFAULT_CAPABILITIES, makeCapabilities } from './capabilities.js';
import { DEVICE_RULES } from './devices.js';
import { makeMounts, type Bind, type NetworkFiles } from './mounts.js';
import { MASKED_PATHS, READONLY_PATHS } from './paths.js';
import { makeSeccomp } from './seccomp.js';

export interface NetworkInput {
  /** "none" is a namespace of its own; what is in it is not ours. */
  readonly mode: 'none' | 'host';
  /** A network namespace that is there already, for the mode "none". */
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
}

const SHM_SIZE = 64 * 1024 * 1024;

/** What the runtime is told to do. The same input gives the same object. */
export function makeRuntimeConfig(input: SpecInput): RuntimeConfig {
  const { annotations = {}, shmSize = SHM_SIZE, files = {} } = input;
  return {
    ociVersion: '1.0.2',
    process: makeProcess(input),
    root: { path: input.rootfs, ...(input.readOnlyRoot ? { readonly: true } : {}) },
    hostname: input.hostname,
    mounts: makeMounts({ ...input, shmSize, files }),
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
    // Not what the caller happens to have: a session's own score would pass to the container.
    oomScoreAdj: input.oomScoreAdj ?? 0,
  };
}

function makeLinux(input: SpecInput): LinuxSection {
  const { architecture, capabilities = DEFAULT_CAPABILITIES } = input;
  return {
    ...(input.network.mode === 'host' ? {} : { sysctl: NETWORK_SYSCTLS }),
    resources: { devices: DEVICE_RULES, ...input.resources },
    cgroupsPath: input.cgroupsPath,
    namespaces: makeNamespaces(input),
    seccomp: makeSeccomp({ architecture, capabilities }),
    maskedPaths: MASKED_PATHS,
    readonlyPaths: READONLY_PATHS,
  };
}

/** Docker's, since 20.10: a container's users may open low ports and ping without rights. */
const NETWORK_SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

function makeNamespaces({ network, cgroupNamespace }: SpecInput): Namespace[] {
  const { mode, namespacePath: path } = network;
  const own: Namespace[] = [{ type: 'mount' }];
  if (mode === 'none') own.push({ type: 'network', ...(path === undefined ? {} : { path }) });
  own.push({ type: 'uts' }, { type: 'pid' }, { type: 'ipc' });
  if (cgroupNamespace) own.push({ type: 'cgroup' });
  return own;
}
