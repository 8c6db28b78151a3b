import { CutawayError } from '../../oci/error.js';
import type { Mount } from '../../oci/runtime-config.js';

/** A path of the host that the container sees at `destination`. */
export interface Bind {
  readonly source: string;
  /** Absolute and clean. */
  readonly destination: string;
  readonly readOnly: boolean;
  /** How mounts made later below it pass: mount_namespaces(7). Default "rprivate". */
  readonly propagation?: string;
  /** Without what is mounted beneath `source`. */
  readonly shallow?: true;
  /** The name of the volume that `source` is of. */
  readonly volume?: string;
  /** The volume was made for this container alone. */
  readonly anonymous?: true;
  /** An empty volume is to get what the image has there. */
  readonly fresh?: true;
}

/** Host files that take the place of the container's own, as the network wants them. */
export interface NetworkFiles {
  readonly hosts?: string;
  readonly hostname?: string;
  readonly resolvConf?: string;
}

export interface MountsInput {
  readonly readOnlyRoot: boolean;
  readonly binds: readonly Bind[];
  readonly files: NetworkFiles;
  /** Of /dev/shm, in bytes. */
  readonly shmSize: number;
  /** What is on /dev/shm: a tmpfs of its own, a directory of the host, or nothing. */
  readonly sharedMemory: 'own' | 'none' | { readonly source: string };
  readonly tmpfs: readonly Mount[];
  /** /sys and the cgroups can be written, where the root can. */
  readonly privileged: boolean;
}

/** Parents before children, as the runtime mounts in this order; binds win over our own. */
export function makeMounts(input: MountsInput): Mount[] {
  const taken = new Set<string>();
  for (const { destination } of [...input.binds, ...input.tmpfs]) {
    if (taken.has(destination)) {
      const path = JSON.stringify(destination);
      throw new CutawayError('INVALID_INPUT', `mount ${path}: duplicate mount point`);
    }
    taken.add(destination);
  }
  const system = systemMounts(input).filter(({ destination }) => {
    const replaced = taken.has(destination);
    return !replaced && !(taken.has('/dev') && destination.startsWith('/dev/'));
  });
  const files = fileBinds(input).filter(({ destination }) => !taken.has(destination));
  const binds = [...[...input.binds, ...files].map(bindMount), ...input.tmpfs];
  return [...system, ...binds.sort((a, b) => depth(a.destination) - depth(b.destination))];
}

/** What the runtime-spec asks of every Linux container, with Docker's options. */
function systemMounts({ privileged, ...input }: MountsInput): Mount[] {
  const access = privileged ? [] : ['ro'];
  const closed = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: closed },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      // gid 5 is tty in every distribution.
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...closed, ...access] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [...access, ...closed],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: closed },
    ...sharedMemoryMount(input, closed),
  ];
}

function sharedMemoryMount(
  { sharedMemory, shmSize }: Pick<MountsInput, 'sharedMemory' | 'shmSize'>,
  closed: readonly string[],
): Mount[] {
  const destination = '/dev/shm';
  if (sharedMemory === 'none') return [];
  if (sharedMemory !== 'own') {
    const { source } = sharedMemory;
    return [bindMount({ source, destination, readOnly: false })];
  }
  const options = [...closed, 'mode=1777', `size=${shmSize}`];
  return [{ destination, type: 'tmpfs', source: 'shm', options }];
}

function fileBinds({ files, readOnlyRoot }: MountsInput): Bind[] {
  const places = [
    ['/etc/resolv.conf', files.resolvConf],
    ['/etc/hostname', files.hostname],
    ['/etc/hosts', files.hosts],
  ] as const;
  return places.flatMap(([destination, source]) =>
    source === undefined ? [] : [{ source, destination, readOnly: readOnlyRoot }],
  );
}

function bindMount({ source, destination, readOnly, shallow, propagation }: Bind): Mount {
  const options = [
    shallow === true ? 'bind' : 'rbind',
    ...(readOnly ? ['ro'] : []),
    propagation ?? 'rprivate',
  ];
  return { destination, type: 'bind', source, options };
}

function depth(path: string): number {
  return path.split('/').length;
}
