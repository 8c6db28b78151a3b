// LXC: a directory for each container, with a config and, mostly, the rootfs (lxc.container.conf(5)).
// There are no images and no record of what happened: what runs is known from /proc alone.
import type { ReadHost } from '../../host/host.js';
import { listProcesses, parseCmdline, type Process } from '../../ns/process.js';
import { CutawayError, causeText } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { ContainerDirectories, Engine, EngineContainer, EngineOptions } from '../engine.js';
import type { EnginePlace } from '../engine-kind.js';
import { findContainerIn } from '../lookup.js';
import { once } from '../once.js';

/** Names become paths, so that no other character is taken. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,128}$/;
const CONFIG_LIMIT = 1 << 20;

export function lxcEngine({ host, isLive }: EngineOptions, { name, root }: EnginePlace): Engine {
  const problems: Problem[] = [];
  const running = once(() => (isLive ? findRunning(host, root) : new Map<string, Process>()));
  const containers = once(() =>
    host
      .readDirectory(root)
      .filter((entry) => NAME.test(entry.name))
      .flatMap(({ name: container }): EngineContainer[] => {
        const path = `${root}/${container}/config`;
        try {
          if (host.findStatus(path) === undefined) return [];
          const config = parseLxcConfig(host.readText(path, CONFIG_LIMIT));
          return [toContainer({ engine: name, root, container }, config, running().get(container))];
        } catch (error) {
          problems.push({ code: 'container-unreadable', message: causeText(error), path });
          return [];
        }
      }),
  );
  return {
    name,
    kind: 'lxc',
    host,
    root,
    listContainers: containers,
    listImages: () => [],
    listProblems: () => problems,
    findContainer: (text) => findContainerIn(containers(), text),
    findImage: () => undefined,
    openImage: ({ id }) => {
      throw new CutawayError('NOT_FOUND', `image ${id}: LXC has no images`);
    },
    layerDirectory: () => undefined,
  };
}

type LxcConfig = ReadonlyMap<string, readonly string[]>;

/** `key = value`; a key can be there several times. Includes are not followed. */
export function parseLxcConfig(text: string): LxcConfig {
  const config = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^\s*([a-z][a-z0-9._-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    const values = config.get(key);
    if (values === undefined) config.set(key, [value]);
    else values.push(value);
  }
  return config;
}

interface LxcPlace {
  readonly engine: string;
  readonly root: string;
  readonly container: string;
}

function toContainer(
  { engine, root, container }: LxcPlace,
  config: LxcConfig,
  init: Process | undefined,
): EngineContainer {
  const home = `${root}/${container}`;
  const last = (key: string) => config.get(key)?.at(-1);
  const path = last('lxc.rootfs.path') ?? last('lxc.rootfs');
  const command = last('lxc.init.cmd') ?? last('lxc.execute.cmd') ?? '/sbin/init';
  return {
    engine,
    id: container,
    name: container,
    command: command.split(/\s+/),
    state: init === undefined ? 'exited' : 'running',
    ...(init?.startedAt === undefined ? {} : { startedAt: init.startedAt }),
    ...(init === undefined
      ? {}
      : {
          init: { pid: init.pid, startTicks: init.startTicks },
          supervisorPids: [init.ppid],
          ...ownCgroups(init, container),
        }),
    labels: {},
    directories: path === undefined ? { lower: [] } : rootfsDirectories(path),
    home,
    ...(last('lxc.log.file') === undefined ? {} : { log: last('lxc.log.file') ?? '' }),
    record: Object.fromEntries(config),
  };
}

function ownCgroups({ cgroups }: Process, name: string): { cgroupPaths?: readonly string[] } {
  const parts = [`lxc.payload.${name}`, `lxc/${name}`];
  const paths = cgroups.map(({ path }) => path);
  const own = paths.filter((path) => parts.some((part) => path.includes(`/${part}`)));
  return own.length === 0 ? {} : { cgroupPaths: [...new Set(own)] };
}

/** `dir:PATH`, `overlay:LOWER[:LOWER…]:UPPER` (the last lower is on top), or a path. */
function rootfsDirectories(text: string): ContainerDirectories {
  const [, kind = 'dir', rest = ''] = /^(?:([a-z]+):)?(.*)$/s.exec(text) ?? [];
  const paths = rest.split(':');
  if (paths.some((path) => !path.startsWith('/'))) return unknown(text);
  const upper = paths.at(-1) ?? '';
  if (kind === 'dir' && paths.length === 1) return { lower: [], upper };
  if (!['overlay', 'overlayfs'].includes(kind) || paths.length < 2) return unknown(text);
  const lower = paths.slice(0, -1).map((directory, at) => ({
    role: 'layer' as const,
    directory,
    layerIndex: at + 1,
  }));
  return { lower: lower.reverse(), upper };
}

function unknown(text: string): ContainerDirectories {
  const message = `the root file system ${JSON.stringify(text.slice(0, 200))} is not read`;
  return { lower: [], problems: [{ code: 'rootfs-unsupported', message }] };
}

/**
 * The init of each container: the child of a monitor, which calls itself `[lxc monitor] PATH NAME`
 * (lxc, src/lxc/lxccontainer.c), in a pid namespace of its own.
 */
function findRunning(host: ReadHost, root: string): Map<string, Process> {
  const { processes } = listProcesses(host);
  const monitors = new Map<number, string>();
  for (const { pid, cmdline } of processes) {
    const title = parseCmdline(cmdline).join(' ').trim();
    if (!title.startsWith(`[lxc monitor] ${root} `)) continue;
    monitors.set(pid, title.slice(title.lastIndexOf(' ') + 1));
  }
  const found = new Map<string, Process>();
  for (const process of processes) {
    const name = monitors.get(process.ppid);
    if (name !== undefined && process.pidInNamespaces.at(-1) === 1) found.set(name, process);
  }
  return found;
}
