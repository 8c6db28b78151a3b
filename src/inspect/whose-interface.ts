// In whose network namespace the other end of a veth is (veth(4)): each end names the index of the other
// in `iflink`. A process's own sysfs, which shows its own network namespace, is read through its root.
import type { ReadHost } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import { readMountinfo } from '../ns/mountinfo.js';
import type { WhoseAnswer } from './documents/whose.js';
import { containerFacts } from './whose-facts.js';
import { answersOfNamespace, type ProcessLook } from './whose-process.js';

const NAME = /^[^/\s:]{1,15}$/;
const MOST = 4096;

export function isInterface(host: ReadHost, name: string): boolean {
  return (
    NAME.test(name) &&
    name !== '.' &&
    name !== '..' &&
    readNumber(host, classPath(name), 'ifindex') !== undefined
  );
}

function classPath(name: string): string {
  return `/sys/class/net/${name}`;
}

export function answersOfInterface(look: ProcessLook, name: string): WhoseAnswer[] {
  const { host } = look;
  const own = readNumber(host, classPath(name), 'ifindex');
  const peer = readNumber(host, classPath(name), 'iflink');
  if (own === undefined || peer === undefined || own === peer) return [];
  const home = look.index.processes.get(host.processId)?.inodes.net;
  const answers: WhoseAnswer[] = [];
  for (const [key, pids] of look.index.pids) {
    const inode = key.startsWith('net:') ? key.slice('net:'.length) : undefined;
    if (inode === undefined || inode === home) continue;
    const inside = findPeer(host, pids, { own, peer });
    if (inside === undefined) continue;
    const namespace = { type: 'net', inode };
    const owners = look.running.filter(
      ({ container }) => look.index.processes.get(container.init?.pid ?? 0)?.inodes.net === inode,
    );
    answers.push(
      ...owners.map(({ engine, container }): WhoseAnswer => ({
        relation: 'interface',
        engine: engine.name,
        ...containerFacts(engine, container),
        namespace,
        interface: inside,
      })),
    );
    if (owners.length > 0) continue;
    const others = answersOfNamespace(look, inode, 'net');
    answers.push(
      ...others.map((one): WhoseAnswer => ({ ...one, relation: 'interface', interface: inside })),
    );
  }
  return answers;
}

interface Pair {
  readonly own: number;
  readonly peer: number;
}

/** Its name in the network namespace of these processes. */
function findPeer(host: ReadHost, pids: readonly number[], pair: Pair): string | undefined {
  for (const pid of pids) {
    const directory = sysfsOf(host, pid);
    if (directory === undefined) continue;
    return listNames(host, directory).find((name) => {
      const place = `${directory}/${name}`;
      const index = readNumber(host, place, 'ifindex');
      return index === pair.peer && readNumber(host, place, 'iflink') === pair.own;
    });
  }
  return undefined;
}

/** Only a real sysfs: what a container puts in its place proves nothing. */
function sysfsOf(host: ReadHost, pid: number): string | undefined {
  try {
    const sys = readMountinfo(host, pid).filter(({ mountPoint }) => mountPoint === '/sys');
    return sys.at(-1)?.type === 'sysfs' ? `/proc/${pid}/root/sys/class/net` : undefined;
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}

function listNames(host: ReadHost, directory: string): string[] {
  try {
    const names = host.readDirectory(directory).map(({ name }) => name);
    return names.filter((name) => NAME.test(name)).slice(0, MOST);
  } catch (error) {
    if (error instanceof CutawayError) return [];
    throw error;
  }
}

function readNumber(host: ReadHost, place: string, name: string): number | undefined {
  try {
    const text = host.readText(`${place}/${name}`, 64).trim();
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}
