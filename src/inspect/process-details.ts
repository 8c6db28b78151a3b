// A close look at processes: what each runs, what it has mapped and open, what confines it. All of
// it costs several reads for each process, so it is taken of those that are shown and no others.
import type { ReadHost } from '../host/host.js';
import { readDescriptors } from '../ns/descriptors.js';
import { readMappedFiles, splitDeleted } from '../ns/mapped-files.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { hostNamespaces, parseNamespaceLink } from '../ns/namespaces.js';
import {
  PRELOAD_FILE,
  readPreloadFile,
  readPreloadVariables,
  type Preload,
} from '../ns/preload.js';
import type { Process } from '../ns/process.js';
import { isListening, readSockets, type Socket } from '../ns/sockets.js';
import { isGone, unreadable } from '../ns/unreadable.js';
import type { Problem } from '../oci/problem.js';
import { bytesOf } from './bytes-of.js';
import type { MappedLibrary, SocketRecord } from './documents/process-details.js';
import type { ProcessRecord } from './documents/procs.js';
import { executableReader } from './executable.js';
import { findFileOrigin, type FileView } from './file-origin.js';
import type { ContainerFiles } from './same-content.js';

export type ProcessDetails = Pick<
  ProcessRecord,
  'label' | 'executable' | 'libraries' | 'preload' | 'sockets' | 'socketsLeft'
>;

export interface DetailSubject {
  /** What the container is made of, and the process that has its root. */
  readonly files?: ContainerFiles;
  readonly initPid?: number;
}

const SOCKETS_LISTED = 200;

/** A reader with a memory: what processes share is read once. What fails is in `problems`. */
export function processDetailReader(
  host: ReadHost,
  subject: DetailSubject,
  problems: Problem[],
): (process: Process) => ProcessDetails {
  const attempt: Attempt = (path, read) => {
    try {
      return read();
    } catch (error) {
      if (!isGone(error)) problems.push(unreadable(error, path));
      return undefined;
    }
  };
  const viewOf = fileViewReader(host, subject, attempt);
  const readExecutable = executableReader(host, subject.files, problems);
  const tables = new Map<string, ReadonlyMap<string, Socket>>();
  const preloadFiles = new Map<string, readonly Preload[]>();
  const hasLabels = isLabelled(host);
  return (process) => {
    const { pid } = process;
    if (process.kernelThread || process.state === 'Z') return {};
    const view = viewOf(process);
    const label = hasLabels ? readLabel(host, pid, attempt) : undefined;
    const executable =
      view === undefined
        ? undefined
        : attempt(`/proc/${pid}/exe`, () => readExecutable(process, view.files));
    const libraries = view === undefined ? undefined : readLibraries(host, process, view, attempt);
    return {
      ...(label === undefined ? {} : { label }),
      ...(executable === undefined ? {} : { executable }),
      ...(libraries === undefined ? {} : { libraries }),
      ...readPreload(host, process, attempt, (read) => remember(preloadFiles, view?.key, read)),
      ...readOpenSockets(host, pid, tables, problems),
    };
  };
}

type Attempt = <Value>(path: string, read: () => Value) => Value | undefined;

function remember<Value>(
  known: Map<string, Value>,
  key: string | undefined,
  read: () => Value,
): Value {
  const found = key === undefined ? undefined : known.get(key);
  if (found !== undefined) return found;
  const value = read();
  if (key !== undefined) known.set(key, value);
  return value;
}

interface KeyedView {
  /** Of the mount namespace and the root: who has the same sees the same files. */
  readonly key: string;
  readonly files: FileView;
  /** Origins that were found already. */
  readonly origins: Map<string, MappedLibrary['origin']>;
}

function fileViewReader(
  host: ReadHost,
  { files, initPid }: DetailSubject,
  attempt: Attempt,
): (process: Process) => KeyedView | undefined {
  const ofHost = hostNamespaces(host).inodes.mnt;
  const views = new Map<string, KeyedView | undefined>();
  const rootDevice = initPid === undefined ? undefined : rootDeviceOf(host, initPid);
  return ({ pid, root = '/' }) => {
    const link = `/proc/${pid}/ns/mnt`;
    const namespace = attempt(link, () => parseNamespaceLink(host.readLink(link)));
    if (namespace === undefined) return undefined;
    const key = `${namespace} ${root}`;
    if (views.has(key)) return views.get(key);
    const path = `/proc/${pid}/mountinfo`;
    const mounts = attempt(path, () =>
      readMountinfo(host, pid).map((mount) =>
        root === '/' ? mount : { ...mount, mountPoint: joinPath(root, mount.mountPoint) },
      ),
    );
    if (mounts === undefined) return undefined;
    const device = mounts.findLast(({ mountPoint }) => mountPoint === '/')?.device;
    const isContainer = device !== undefined && device === rootDevice;
    const view: KeyedView = {
      key,
      files: {
        mounts,
        directories: isContainer ? files?.directories : undefined,
        isHost: namespace === ofHost,
      },
      origins: new Map(),
    };
    views.set(key, view);
    return view;
  };
}

function joinPath(root: string, path: string): string {
  return path === '/' ? root : `${root}${path}`;
}

function rootDeviceOf(host: ReadHost, pid: number): string | undefined {
  try {
    return readMountinfo(host, pid).findLast(({ mountPoint }) => mountPoint === '/')?.device;
  } catch {
    return undefined;
  }
}

/** Without a security module that labels, every read of this file fails. */
function isLabelled(host: ReadHost): boolean {
  try {
    host.readText(`/proc/${host.processId}/attr/current`);
    return true;
  } catch {
    return false;
  }
}

/** "docker-default (enforce)", "system_u:system_r:container_t:s0:c1,c2", "unconfined". */
function readLabel(host: ReadHost, pid: number, attempt: Attempt): string | undefined {
  const path = `/proc/${pid}/attr/current`;
  const text = attempt(path, () => host.readText(path).replace(/[\0\n]+$/, ''));
  return text === '' ? undefined : text;
}

function readLibraries(
  host: ReadHost,
  process: Process,
  { files, origins }: KeyedView,
  attempt: Attempt,
): MappedLibrary[] | undefined {
  const { pid } = process;
  const mapped = attempt(`/proc/${pid}/maps`, () => readMappedFiles(host, pid));
  const own = process.exe === undefined ? undefined : splitDeleted(process.exe).path;
  return mapped?.flatMap((file): MappedLibrary[] => {
    const { path, deleted } = file;
    if (path === own) return [];
    const key = `${file.device} ${file.inode} ${deleted ? 'deleted ' : ''}${path}`;
    const origin = remember(origins, key, () => findFileOrigin(host, files, file));
    if (!deleted && isOrdinary(origin)) return [];
    return [{ path, ...bytesOf('pathBase64', path), deleted, origin }];
  });
}

function isOrdinary({ kind }: MappedLibrary['origin']): boolean {
  return kind === 'layer' || kind === 'init' || kind === 'root' || kind === 'host';
}

function readPreload(
  host: ReadHost,
  { pid }: Process,
  attempt: Attempt,
  once: (read: () => readonly Preload[]) => readonly Preload[],
): Pick<ProcessDetails, 'preload'> {
  const variables = attempt(`/proc/${pid}/environ`, () => readPreloadVariables(host, pid)) ?? [];
  const path = `/proc/${pid}/root${PRELOAD_FILE}`;
  const file = once(() => attempt(path, () => readPreloadFile(host, pid)) ?? []);
  const preload = [...variables, ...file];
  return preload.length === 0 ? {} : { preload };
}

function readOpenSockets(
  host: ReadHost,
  pid: number,
  tables: Map<string, ReadonlyMap<string, Socket>>,
  problems: Problem[],
): Pick<ProcessDetails, 'sockets' | 'socketsLeft'> {
  const { descriptors, problem } = readDescriptors(host, pid);
  if (problem !== undefined) {
    problems.push(problem);
    return {};
  }
  const open = new Map<string, number[]>();
  for (const { fd, target } of descriptors) {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) open.set(inode, [...(open.get(inode) ?? []), fd]);
  }
  if (open.size === 0) return { sockets: [] };
  const table = remember(tables, networkOf(host, pid), () => {
    const read = readSockets(host, pid);
    problems.push(...read.problems);
    return read.sockets;
  });
  const sockets = [...open].map(([inode, fds]) => toSocketRecord(inode, fds, table.get(inode)));
  sockets.sort((a, b) => Number(b.listening) - Number(a.listening));
  const left = sockets.length - SOCKETS_LISTED;
  return {
    sockets: sockets.slice(0, SOCKETS_LISTED),
    ...(left > 0 ? { socketsLeft: left } : {}),
  };
}

function networkOf(host: ReadHost, pid: number): string | undefined {
  try {
    return host.readLink(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function toSocketRecord(inode: string, fds: number[], socket: Socket | undefined): SocketRecord {
  if (socket === undefined) return { fds, inode, protocol: 'unknown', listening: false };
  const { path } = socket;
  return {
    fds,
    ...socket,
    ...(path === undefined ? {} : bytesOf('pathBase64', path)),
    listening: isListening(socket),
  };
}
