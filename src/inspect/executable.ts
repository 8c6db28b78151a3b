// What a process runs: where the program comes from and, where that is odd, what it is.
import type { FileStatus, ReadHost } from '../host/host.js';
import { splitDeleted } from '../ns/mapped-files.js';
import { formatDevice } from '../ns/mountinfo.js';
import { pathInRoot } from '../ns/path-in-root.js';
import type { Process } from '../ns/process.js';
import type { Problem } from '../oci/problem.js';
import type { Executable } from './documents/process-details.js';
import { findFileOrigin, type FileView } from './file-origin.js';
import {
  findSamePath,
  hashFile,
  sameContentFinder,
  type ContainerFiles,
  type Content,
} from './same-content.js';

/** Programs are some megabytes; one of this size takes a second or two to hash. */
const HASH_LIMIT = 2 ** 31;

/** A reader with a memory: a thousand workers that run one program cost one look at it. */
export function executableReader(
  host: ReadHost,
  files: ContainerFiles | undefined,
  problems: Problem[],
): (process: Process, view: FileView) => Executable | undefined {
  const known = new Map<string, Executable>();
  const findSame = files === undefined ? undefined : sameContentFinder(host, files);
  return ({ pid, exe }, view) => {
    if (exe === undefined) return undefined;
    const status = host.executableStatus(pid);
    const device = formatDevice(status.device);
    const key = `${device} ${status.inode} ${status.mtime} ${status.size} ${exe}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const { path, deleted } = isCalledSo(host, pid, exe, status)
      ? { path: exe, deleted: false }
      : splitDeleted(exe);
    const file = { path, deleted, device, inode: status.inode };
    const origin = findFileOrigin(host, view, file);
    const base = { origin, deleted, size: status.size };
    if (!isOdd(base)) return remember(known, key, base);
    const content = readContent(host, pid, status.size, problems);
    if (content === undefined) return remember(known, key, base);
    const inContainer = view.directories === undefined ? undefined : files;
    return remember(known, key, {
      ...base,
      sha256: content.sha256,
      ...(findSame === undefined ? {} : { sameContent: findSame(content) }),
      ...(inContainer === undefined ? {} : samePath(host, inContainer, path, content)),
    });
  };
}

/** Somebody may call a file "x (deleted)": it is there under this name. */
function isCalledSo(host: ReadHost, pid: number, exe: string, status: FileStatus): boolean {
  if (status.links === 0 || !splitDeleted(exe).deleted) return false;
  try {
    const found = pathInRoot(host, pid, exe);
    return found !== undefined && host.lstat(found).inode === status.inode;
  } catch {
    return false;
  }
}

function remember(known: Map<string, Executable>, key: string, one: Executable): Executable {
  known.set(key, one);
  return one;
}

/** Where a reader asks what it is: it is in no layer, or in none any more. */
function isOdd({ origin, deleted }: Executable): boolean {
  return deleted || ['upper', 'memory', 'unknown'].includes(origin.kind);
}

function readContent(
  host: ReadHost,
  pid: number,
  size: number,
  problems: Problem[],
): Content | undefined {
  const path = `/proc/${pid}/exe`;
  if (size > HASH_LIMIT) {
    const message = `not hashed: the program of process ${pid} has more than ${HASH_LIMIT} bytes`;
    problems.push({ code: 'executable-too-large', message, path });
    return undefined;
  }
  const file = host.openExecutable(pid);
  try {
    return { size, sha256: hashFile(file) };
  } finally {
    file.close();
  }
}

function samePath(
  host: ReadHost,
  files: ContainerFiles,
  path: string,
  content: Content,
): Pick<Executable, 'samePath'> {
  const found = findSamePath(host, files, path, content);
  return found === undefined ? {} : { samePath: found };
}
