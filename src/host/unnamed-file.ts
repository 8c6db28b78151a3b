// O_TMPFILE of open(2): a file that no directory has until it is given its name.
import * as fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { errnoOf, guarded, systemError } from './errno.js';
import { lastErrno, libc } from './libc.js';
import { cPath, nodePath } from './path-bytes.js';
import type { UnnamedFile } from './host.js';

const O_TMPFILE = 0o20000000 | fs.constants.O_DIRECTORY;
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;

export function createUnnamedFile(path: string, mode = 0o644): UnnamedFile {
  const directory = path.slice(0, path.lastIndexOf('/') + 1) || './';
  const { fd, name } = openUnnamed(directory, path, mode);
  let isOpen = true;
  return {
    stream: fs.createWriteStream('', { fd, autoClose: false, highWaterMark: 1 << 20 }),
    place: (target) => {
      guarded('fsync', target, () => {
        fs.fsyncSync(fd);
      });
      const temporary = name ?? giveName(fd, target);
      if (temporary === undefined) return;
      guarded('rename', target, () => {
        fs.renameSync(nodePath(temporary), nodePath(target));
      });
    },
    close: () => {
      if (isOpen) fs.closeSync(fd);
      isOpen = false;
      if (name !== undefined) fs.rmSync(nodePath(name), { force: true });
    },
  };
}

/** Some file systems have no files without a name: there it gets one beside what it will be. */
function openUnnamed(
  directory: string,
  path: string,
  mode: number,
): { fd: number; name: string | undefined } {
  try {
    const flags = O_TMPFILE | fs.constants.O_WRONLY;
    return { fd: fs.openSync(nodePath(directory), flags, mode), name: undefined };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'EOPNOTSUPP' && errno !== 'EISDIR') {
      throw systemError('open', path, errno ?? 'EIO', error);
    }
  }
  const name = temporaryName(path);
  return { fd: guarded('open', path, () => fs.openSync(nodePath(name), 'wx', mode)), name };
}

/** Its own name at once where that is free; else another one, to be renamed over what is there. */
function giveName(fd: number, path: string): string | undefined {
  const link = (to: string) =>
    libc().linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, cPath(to), AT_SYMLINK_FOLLOW);
  if (link(path) === 0) return undefined;
  if (lastErrno() !== 'EEXIST') throw systemError('linkat', path, lastErrno());
  const temporary = temporaryName(path);
  if (link(temporary) === 0) return temporary;
  throw systemError('linkat', path, lastErrno());
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}
