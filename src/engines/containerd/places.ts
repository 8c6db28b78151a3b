// Where containerd keeps things: docs/ops.md of containerd.
import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import { readMountinfo } from '../../ns/mountinfo.js';
import { parseOverlayOptions } from '../../overlay/mount-options.js';

export interface ContainerdPlaces {
  /** What survives a reboot: databases, blobs, snapshots. */
  readonly root: string;
  /** What does not: a bundle for each task. */
  readonly state: string;
  /** dockerd's own, whose containers are in the namespace moby. */
  readonly docker: string;
}

const TASKS = 'io.containerd.runtime.v2.task';
/** identifiers/validate.go of containerd; nothing else is joined to a path. */
const IDENTIFIER = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;

export function isIdentifier(text: string): boolean {
  return text.length <= 76 && IDENTIFIER.test(text);
}

/** The bundle that the runtime was given: config.json, init.pid, rootfs. */
export function bundlePath(places: ContainerdPlaces, namespace: string, id: string): string {
  return `${places.state}/${TASKS}/${namespace}/${id}`;
}

/** Made when a task is made, removed with it, and still there after a reboot. */
export function taskPath(places: ContainerdPlaces, namespace: string, id: string): string {
  return `${places.root}/${TASKS}/${namespace}/${id}`;
}

/** Of the CRI plugin; the name stayed when the plugin was split in containerd 2. */
export function criPath({ root }: ContainerdPlaces, id: string): string {
  return `${root}/io.containerd.grpc.v1.cri/containers/${id}`;
}

export function dockerContainersPath({ docker }: ContainerdPlaces): string {
  return `${docker}/containers`;
}

const CONFIG = '/etc/containerd/config.toml';

/** `root = "…"` and `state = "…"` of containerd's configuration, which stand before its tables. */
export function readConfiguredPlaces(host: ReadHost): { root?: string; state?: string } {
  let text: string;
  try {
    text = host.readText(CONFIG, 1 << 20);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return {};
    throw error;
  }
  const top = text.split(/^\s*\[/m)[0] ?? '';
  const find = (key: string) =>
    new RegExp(`^\\s*${key}\\s*=\\s*(["'])(/[^"'\\\\]*)\\1\\s*(?:#.*)?$`, 'm').exec(top)?.[2];
  const [root, state] = [find('root'), find('state')];
  return { ...(root === undefined ? {} : { root }), ...(state === undefined ? {} : { state }) };
}

/** The state directory beside a root, as the mounts of its containers have it. */
export function findState(host: ReadHost, root: string): string | undefined {
  for (const { type, mountPoint, rawSuperOptions } of readMountinfo(host, 'self')) {
    const state = /^(.*)\/io\.containerd\.runtime\.v2\.task\/[^/]+\/[^/]+\/rootfs$/.exec(
      mountPoint,
    );
    if (type !== 'overlay' || state === null) continue;
    const { upperdir = '' } = parseOverlayOptions(rawSuperOptions);
    if (upperdir.startsWith(`${root}/`)) return state[1];
  }
  return undefined;
}
