// What a container was asked to be beyond what its image says, by what it is about.
import type { DeviceRule } from '../../oci/runtime-config.js';
import type { DockerSeccomp } from './seccomp-file.js';
import type { ResourceWishes } from './resources.js';
import type { TmpfsWish } from './tmpfs.js';

/** Kept in the container's record as it is. What is absent is the usual. */
export interface ContainerSettings {
  readonly resources?: ResourceWishes;
  readonly security?: SecurityWishes;
  readonly devices?: readonly DeviceWish[];
  readonly deviceRules?: readonly DeviceRule[];
  /** Names or numbers, by the group file of the container. */
  readonly groups?: readonly string[];
  readonly tmpfs?: readonly TmpfsWish[];
  /** Of /dev/shm, in bytes. */
  readonly shmSize?: number;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly names?: NameWishes;
  readonly domainname?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly namespaces?: NamespaceWishes;
}

export interface SecurityWishes {
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly privileged?: true;
  readonly noNewPrivileges?: true;
  readonly seccomp?: 'unconfined' | DockerSeccomp;
  /** The name of a profile that is loaded; "unconfined" for none. */
  readonly apparmor?: string;
  /** What of /proc and /sys is masked or read-only otherwise is neither. */
  readonly systemPaths?: 'unconfined';
}

/** A device, or a directory of them, of the host. */
export interface DeviceWish {
  readonly source: string;
  readonly destination: string;
  /** Of "rwm". */
  readonly access: string;
}

/** What stands in resolv.conf and hosts; what is absent is the host's own. */
export interface NameWishes {
  readonly servers?: readonly string[];
  /** "." alone: none at all. */
  readonly search?: readonly string[];
  readonly options?: readonly string[];
  readonly hosts?: readonly { readonly name: string; readonly address: string }[];
}

/** "container:ID", the whole id: that of another container, which has to run. */
export type ContainerNamespace = `container:${string}`;

/** Absent: one of its own. */
export interface NamespaceWishes {
  readonly pid?: 'host' | ContainerNamespace;
  readonly uts?: 'host' | ContainerNamespace;
  readonly ipc?: 'host' | 'private' | 'shareable' | 'none' | ContainerNamespace;
  /** Absent: as the cgroups of the host want it. */
  readonly cgroup?: 'host' | 'private';
}
