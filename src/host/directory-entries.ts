// struct linux_dirent64 of getdents64(2). Node's own readdir(3) opens the directory itself, without
// O_NOATIME: on evidence that would leave a trace.
import { decodeLatin1 } from './linux-files.js';
import { checked, libc } from './libc.js';
import type { DirectoryEntry, FileType } from './host.js';

const BUFFER_SIZE = 64 << 10;

/** DT_… of dirent.h. */
const TYPES: Readonly<Record<number, FileType>> = {
  1: 'fifo',
  2: 'char',
  4: 'directory',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

/** All entries of an open directory but "." and "..". */
export function readEntries(fd: number, name: string): DirectoryEntry[] {
  const buffer = Buffer.alloc(BUFFER_SIZE);
  const entries: DirectoryEntry[] = [];
  for (;;) {
    const length = checked(libc().getdents64(fd, buffer, BUFFER_SIZE), 'getdents64', name);
    if (length === 0) return entries;
    entries.push(...parseEntries(buffer.subarray(0, length)));
  }
}

function* parseEntries(buffer: Buffer): Generator<DirectoryEntry> {
  for (let at = 0; at < buffer.length;) {
    const length = buffer.readUInt16LE(at + 16);
    const type = TYPES[buffer[at + 18] ?? 0] ?? 'unknown';
    const end = buffer.indexOf(0, at + 19);
    const name = decodeLatin1(buffer.toString('latin1', at + 19, end));
    if (name !== '.' && name !== '..') yield { name, type };
    at += length;
  }
}
