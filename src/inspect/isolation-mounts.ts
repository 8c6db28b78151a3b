// What a container has of the host by its mounts.
import type { ReadHost } from '../host/host.js';
import type { MountinfoLine } from '../ns/mountinfo.js';
import type { Fact } from './isolation.js';

interface MountQuestion {
  /** The mounts of our own mount namespace: what they show is the host's. */
  readonly own: readonly MountinfoLine[];
  readonly inside: readonly MountinfoLine[];
  /** It has a pid namespace other than the host's. */
  readonly isOwnPid: boolean;
  readonly hasHostUsers: boolean;
}

export function mountFacts(host: ReadHost, question: MountQuestion): Fact[] {
  const visible = question.inside.filter((mount, at) => !isCovered(question.inside, mount, at));
  const ofHost = visible.flatMap((mount) => hostMountFacts(host, question, mount));
  const roots = ofHost.filter(({ code }) => code === 'host-root').map(placeOf);
  const all = [
    ...ofHost,
    ...visible.flatMap((mount) => kernelMountFacts(question, mount)),
    ...cgroupFacts(question, visible, roots),
    ...procSysFacts(question, visible),
  ];
  // Who has the root of the host has what is mounted beneath it, and copies of that.
  return firstOfEach(all.filter((fact) => !roots.some((root) => isBeneath(placeOf(fact), root))));
}

function placeOf({ mountPoint = '' }: Fact): string {
  return mountPoint;
}

function isBeneath(path: string, directory: string): boolean {
  return path.startsWith(`${directory === '/' ? '' : directory}/`);
}

/** The same thing of the host may be mounted in several places: the first of them is enough. */
function firstOfEach(facts: readonly Fact[]): Fact[] {
  const seen = new Set<string>();
  return facts.filter(({ code, hostPath, message }) => {
    const key = hostPath === undefined ? message : `${code} ${hostPath}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A later mount at the same place or above hides it. */
function isCovered(all: readonly MountinfoLine[], mount: MountinfoLine, at: number): boolean {
  return all.slice(at + 1).some(({ mountPoint }) => {
    if (mountPoint === '/') return mount.mountPoint === '/';
    return mountPoint === mount.mountPoint || mount.mountPoint.startsWith(`${mountPoint}/`);
  });
}

/** Each mount of these has a tree of its own, or shows what the kernel lets its reader see. */
const KERNEL_TYPES = new Set([
  ...['proc', 'sysfs', 'cgroup', 'cgroup2', 'mqueue', 'devpts', 'nsfs', 'overlay', 'bpf'],
  ...['securityfs', 'debugfs', 'tracefs', 'pstore', 'binfmt_misc', 'fusectl', 'configfs'],
]);

/** The path under which the host itself has what is mounted. */
export function hostPathOf(
  own: readonly MountinfoLine[],
  { device, root, type }: MountinfoLine,
): string | undefined {
  if (KERNEL_TYPES.has(type)) return undefined;
  let best: MountinfoLine | undefined;
  for (const mount of own) {
    const isAbove = mount.root === '/' || root === mount.root || root.startsWith(`${mount.root}/`);
    if (mount.device !== device || !isAbove) continue;
    if (best === undefined || mount.root.length > best.root.length) best = mount;
  }
  if (best === undefined) return undefined;
  const rest = best.root === '/' ? root : root.slice(best.root.length);
  const path = `${best.mountPoint === '/' ? '' : best.mountPoint}${rest === '/' ? '' : rest}`;
  return path === '' ? '/' : path;
}

const ENGINE_SOCKET =
  /\/(?:docker|containerd|podman|crio|cri-dockerd|buildkitd|dockershim|lxd|incus)[\w.-]*\.sock$|\/(?:lxd|incus)\/unix\.socket$/;
const SOCKETS = [
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/run/crio/crio.sock',
  '/run/buildkit/buildkitd.sock',
];
/** Whoever writes there has the host do something for him; whoever reads there finds secrets. */
const HOST_PATHS = new Set([
  ...['/etc', '/root', '/home', '/boot', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/run'],
  ...['/var', '/var/run', '/var/log', '/var/lib', '/var/lib/docker', '/var/lib/containerd'],
  ...['/var/lib/containers', '/var/lib/kubelet', '/var/lib/cutaway', '/var/spool/cron', '/srv'],
  ...['/etc/kubernetes', '/etc/cron.d', '/etc/systemd', '/root/.ssh'],
]);

function hostMountFacts(
  host: ReadHost,
  { own, hasHostUsers }: MountQuestion,
  mount: MountinfoLine,
): Fact[] {
  const hostPath = hostPathOf(own, mount);
  if (hostPath === undefined) return [];
  const { mountPoint } = mount;
  const place = { mountPoint, hostPath };
  const sockets = engineSockets(host, hostPath);
  const ofSocket = sockets.map((socket): Fact => ({
    code: 'engine-socket',
    effect: 'escape',
    message: `${socket} of the host is mounted ${socket === hostPath ? 'at' : 'below'} ${mountPoint}`,
    reason: 'whoever can write to it can have the engine start a privileged container',
    ...place,
    hostPath: socket,
  }));
  if (mount.type === 'devtmpfs') {
    const message = `/dev of the host is mounted at ${mountPoint}`;
    const reason = 'its disks and memory are there';
    return [...ofSocket, { code: 'host-devices', effect: 'escape', message, reason, ...place }];
  }
  const code = hostPath === '/' ? 'host-root' : HOST_PATHS.has(hostPath) ? 'host-path' : undefined;
  if (code === undefined) return ofSocket;
  const writable = isWritable(mount);
  return [
    ...ofSocket,
    {
      code,
      effect: writable && hasHostUsers ? 'escape' : 'weaker',
      message: `${hostPath} of the host is mounted at ${mountPoint}, ${writable ? 'writable' : 'read-only'}`,
      reason: writable
        ? 'what is written there is read or run by the host'
        : 'it shows what the host keeps there',
      ...place,
    },
  ];
}

function engineSockets(host: ReadHost, hostPath: string): string[] {
  if (ENGINE_SOCKET.test(hostPath)) return [hostPath];
  const prefix = hostPath === '/' ? '/' : `${hostPath.replace(/^\/var\/run(?=\/|$)/, '/run')}/`;
  return SOCKETS.filter((path) => path.startsWith(prefix) && isSocket(host, path));
}

function isSocket(host: ReadHost, path: string): boolean {
  try {
    return host.findStatus(path)?.type === 'socket';
  } catch {
    return false;
  }
}

/** Both the mount and its file system can forbid writing. */
function isWritable({ options, superOptions }: MountinfoLine): boolean {
  return [options, superOptions].every((text) => !text.split(',').includes('ro'));
}

function kernelMountFacts(question: MountQuestion, mount: MountinfoLine): Fact[] {
  const { type, mountPoint, device } = mount;
  const writable = isWritable(mount);
  if (type === 'proc' && question.isOwnPid) {
    const isOfHost = question.own.some((one) => one.type === 'proc' && one.device === device);
    const message = `/proc of the host is mounted at ${mountPoint}`;
    const reason = 'it shows the processes of the host, and settings of its kernel';
    return isOfHost ? [{ code: 'host-proc', effect: 'weaker', message, reason, mountPoint }] : [];
  }
  if (!writable || !question.hasHostUsers) return [];
  if (type === 'sysfs') {
    const message = `${mountPoint} (sysfs) is writable`;
    const reason = 'settings of devices and of the kernel of the host are there';
    return [{ code: 'writable-sys', effect: 'weaker', message, reason, mountPoint }];
  }
  return [];
}

/** One fact for all hierarchies. */
function cgroupFacts(
  { hasHostUsers }: MountQuestion,
  visible: readonly MountinfoLine[],
  roots: readonly string[],
): Fact[] {
  const writable = visible.filter(
    (mount) =>
      mount.type.startsWith('cgroup') &&
      isWritable(mount) &&
      !roots.some((root) => isBeneath(mount.mountPoint, root)),
  );
  const [first, ...more] = writable;
  if (!hasHostUsers || first === undefined) return [];
  const { mountPoint } = first;
  const isV1 = writable.some(({ type }) => type === 'cgroup');
  const others = more.length === 0 ? ' is' : ` and ${more.length} more are`;
  return [
    {
      code: 'writable-cgroup',
      effect: 'weaker',
      message: `${mountPoint} (${first.type})${others} writable`,
      reason: isV1
        ? 'it can lift its own limits, and have the host run a program (release_agent)'
        : 'it can lift its own limits',
      mountPoint,
    },
  ];
}

/** Runtimes mount /proc/sys again, read-only, over a /proc that is writable. */
function procSysFacts({ hasHostUsers }: MountQuestion, visible: readonly MountinfoLine[]): Fact[] {
  if (!hasHostUsers) return [];
  return visible.flatMap((mount): Fact[] => {
    const { mountPoint, type, root } = mount;
    const path = type !== 'proc' ? undefined : root === '/' ? `${mountPoint}/sys` : mountPoint;
    if (path === undefined || (root !== '/' && root !== '/sys') || !isWritable(mount)) return [];
    const isCoveredByOther =
      root === '/' && visible.some((one) => one !== mount && one.mountPoint === path);
    if (isCoveredByOther) return [];
    return [
      {
        code: 'writable-proc-sys',
        effect: 'escape',
        message: `${path} is writable`,
        reason: 'root in it can set what the host runs when a program crashes (core_pattern)',
        mountPoint: path,
      },
    ];
  });
}
