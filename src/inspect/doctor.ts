// What can this host do, and how does it get what is missing?
import type { ReadHost } from '../host/host.js';
import { CAP_SYS_ADMIN, hasCapability } from '../ns/capability.js';
import { cgroupMode } from '../ns/cgroup.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { makeDocument } from './document.js';
import type { Check, DoctorDocument } from './documents/doctor.js';

export async function inspectHost(host: ReadHost, dataRoot: string): Promise<DoctorDocument> {
  const checks = [
    checkPrivilege(host),
    await checkProgram(host, RUNC),
    await checkProgram(host, TAR),
    checkOverlay(host),
    checkOpenat2(host),
    checkXattrs(host),
    checkNamespaces(host),
    checkCgroups(host),
    checkSeccomp(host),
    checkSubordinateIDs(host),
    await checkProgram(host, BUSYBOX),
    checkStore(host, dataRoot),
  ];
  const subject = { kind: 'host', engine: 'host', target: 'host' } as const;
  return makeDocument(host, 'doctor', subject, { checks }, []);
}

interface ProgramNeed {
  readonly name: string;
  readonly neededFor: string;
  readonly package: string;
  readonly absent: 'missing' | 'limited';
  /** Asks for the version; absent where the program has no such option. */
  readonly versionArgument: string;
}

const RUNC: ProgramNeed = {
  name: 'runc',
  neededFor: 'run, create, start',
  package: 'runc',
  absent: 'missing',
  versionArgument: '--version',
};
const TAR: ProgramNeed = {
  name: 'tar',
  neededFor: 'unpacking layers: load, run',
  package: 'tar',
  absent: 'missing',
  versionArgument: '--version',
};
const BUSYBOX: ProgramNeed = {
  name: 'busybox',
  neededFor: 'the busybox image: run busybox, tour',
  package: 'busybox-static',
  absent: 'limited',
  versionArgument: '--help',
};

async function checkProgram(host: ReadHost, need: ProgramNeed): Promise<Check> {
  const path = host.findProgram(need.name);
  const { name, neededFor } = need;
  if (path === undefined) {
    const remedy = `apt-get install -y ${need.package}`;
    return { name, status: need.absent, found: 'not installed', neededFor, remedy };
  }
  const { exitCode, stdout, stderr } = await host.run([path, need.versionArgument]);
  const version = (stdout || stderr).split('\n')[0]?.trim() ?? '';
  const found = `${path}, ${version}`;
  if (exitCode === 0) return { name, status: 'ok', found, neededFor };
  const remedy = `apt-get install --reinstall -y ${need.package}`;
  return { name, status: need.absent, found: `${found} (it does not run)`, neededFor, remedy };
}

function checkPrivilege(host: ReadHost): Check {
  const name = 'privilege';
  const neededFor = 'run, create, start; processes and files of others';
  if (host.effectiveUid === 0) {
    if (hasCapability(host, CAP_SYS_ADMIN)) return { name, status: 'ok', found: 'root', neededFor };
    const found = 'root without CAP_SYS_ADMIN: layers, tree and diff of images work';
    const remedy = 'run it outside the container that holds it, or give that one the capability';
    return { name, status: 'limited', found, neededFor, remedy };
  }
  return {
    name,
    status: 'limited',
    found: `uid ${host.effectiveUid}: layers, tree and diff of images work`,
    neededFor,
    remedy: 'run it as root',
  };
}

function checkOverlay(host: ReadHost): Check {
  const name = 'overlayfs';
  const neededFor = 'run, create, start';
  const known = readIfThere(host, '/proc/filesystems')?.includes('overlay') === true;
  if (known) return { name, status: 'ok', found: `Linux ${host.kernelRelease()}`, neededFor };
  return {
    name,
    status: 'missing',
    found: 'not in /proc/filesystems',
    neededFor,
    remedy: 'modprobe overlay',
  };
}

/** The resolver that keeps links inside: Linux 5.6. */
function checkOpenat2(host: ReadHost): Check {
  const name = 'openat2';
  const neededFor = 'reading files inside a root without leaving it';
  try {
    const found = host.resolveInRoot('/proc', 'version');
    if (found !== undefined) return { name, status: 'ok', found: 'works', neededFor };
  } catch {
    // Told below: what matters is that it does not work.
  }
  const remedy = 'Linux 5.6 or newer; some sandboxes forbid it';
  return { name, status: 'missing', found: 'does not work', neededFor, remedy };
}

function checkXattrs(host: ReadHost): Check {
  const name = 'xattrs';
  const neededFor = 'capabilities of files, opaque directories';
  try {
    host.listXattrs('/');
    return { name, status: 'ok', found: 'works', neededFor };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name, status: 'limited', found, neededFor, remedy: 'npm ci (the koffi package)' };
  }
}

function checkNamespaces(host: ReadHost): Check {
  const name = 'namespaces';
  const neededFor = 'ns; isolation of containers';
  const wanted = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'];
  const missing = wanted.filter((type) => host.findStatus(`/proc/self/ns/${type}`) === undefined);
  if (missing.length === 0) return { name, status: 'ok', found: wanted.join(' '), neededFor };
  const found = `this kernel has no ${missing.join(', ')}`;
  return { name, status: 'limited', found, neededFor, remedy: 'Linux 5.6 or newer has all eight' };
}

function checkCgroups(host: ReadHost): Check {
  const name = 'cgroups';
  const neededFor = 'telling the processes of a container; limits';
  const mode = cgroupMode(readMountinfo(host, 'self'));
  if (mode !== undefined) return { name, status: 'ok', found: mode, neededFor };
  const remedy = 'mount -t cgroup2 none /sys/fs/cgroup';
  return { name, status: 'missing', found: 'not mounted', neededFor, remedy };
}

function checkSeccomp(host: ReadHost): Check {
  const name = 'seccomp';
  const neededFor = 'filtering system calls of containers';
  const status = readIfThere(host, '/proc/self/status') ?? '';
  if (/^Seccomp:/m.test(status)) return { name, status: 'ok', found: 'works', neededFor };
  const remedy = 'a kernel with CONFIG_SECCOMP_FILTER';
  return { name, status: 'missing', found: 'not in this kernel', neededFor, remedy };
}

function checkSubordinateIDs(host: ReadHost): Check {
  const name = 'subordinate ids';
  const neededFor = 'containers of ordinary users (not yet supported)';
  const found = ['/etc/subuid', '/etc/subgid'].filter(
    (path) => host.findStatus(path) !== undefined,
  );
  const mapper = host.findProgram('newuidmap') !== undefined;
  if (found.length === 2 && mapper) return { name, status: 'ok', found: 'configured', neededFor };
  const remedy = 'apt-get install -y uidmap; usermod --add-subuids 100000-165535 USER';
  return { name, status: 'limited', found: 'not configured', neededFor, remedy };
}

function checkStore(host: ReadHost, dataRoot: string): Check {
  const name = 'store';
  const neededFor = 'images and containers';
  const there = host.findStatus(dataRoot) !== undefined;
  const found = there ? dataRoot : `${dataRoot}, made at the first use`;
  return { name, status: 'ok', found, neededFor };
}

function readIfThere(host: ReadHost, path: string): string | undefined {
  return host.findStatus(path) === undefined ? undefined : host.readText(path);
}
