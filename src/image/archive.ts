// Random access to the members of a tar file: headers are walked, bodies are jumped over.
import type { OpenFile } from '../host/host.js';
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { Limits } from './limits.js';
import { lendFrom, within, type MemberStore } from './member-store.js';
import type { TarEntry, TarEntryType } from './tar-entry.js';
import { canonicalPath } from './tar-path.js';
import { TarReader } from './tar-reader.js';

export interface ArchiveMember {
  readonly offset: number;
  readonly size: number;
  readonly type: TarEntryType;
  /** Of links and symlinks. */
  readonly target: string | undefined;
}

export interface Archive extends MemberStore {
  /** By name without leading slash or dot. */
  readonly members: ReadonlyMap<string, ArchiveMember>;
  /** Follows links within the archive; undefined when they lead nowhere or in a circle. */
  resolve(name: string): ArchiveMember | undefined;
}

// Most headers stand alone between large bodies; small members share one read.
const READ_SIZE = 8192;
const MAXIMUM_HOPS = 10;

export interface ArchiveOptions {
  readonly limits?: Partial<Limits>;
}

/** Takes over `file`: `close` closes it. */
export function openArchive(file: OpenFile, path: string, options: ArchiveOptions = {}): Archive {
  const what = `archive "${path}"`;
  const { members, problems } = listMembers(file, what, options);
  const resolve = (name: string) => resolveMember(members, name);
  const get = (name: string): ArchiveMember => {
    const member = resolve(name);
    if (member !== undefined) return member;
    throw new CutawayError('NOT_FOUND', `read ${JSON.stringify(name)}: no such file in ${what}`);
  };
  return {
    what,
    problems,
    members,
    resolve,
    findSize: (name) => resolve(name)?.size,
    readHead: (name, length) => {
      const { offset, size } = get(name);
      return file.read(offset, Math.min(length, size));
    },
    stream: (name, range) => file.stream(within(get(name), range)),
    lend: (name) => lendFrom(file, within(get(name))),
    locate: (name) => {
      const { offset, size } = get(name);
      return file.path === undefined ? undefined : { path: file.path, offset, length: size };
    },
    close: () => {
      file.close();
    },
  };
}

function listMembers(file: OpenFile, what: string, options: ArchiveOptions) {
  const members = new Map<string, ArchiveMember>();
  const problems: Problem[] = [];
  const reader = new TarReader(
    {
      entry: (entry) => {
        if (entry.bodyOffset + entry.size > file.size) throw truncated(what, entry);
        addMember(members, entry, problems);
      },
    },
    options,
  );
  for (;;) {
    const bytes = file.read(reader.position, READ_SIZE);
    reader.push(bytes);
    reader.skipBody();
    if (bytes.length === 0 || reader.isAtEnd) break;
  }
  reader.finish();
  return { members, problems: [...problems, ...reader.problems] };
}

function addMember(
  members: Map<string, ArchiveMember>,
  entry: TarEntry,
  problems: Problem[],
): void {
  if (entry.type === 'directory' || entry.type === 'other') return;
  const raw = decodeName(entry.name);
  const name = canonicalPath(raw)?.slice(1);
  if (name === undefined || name === '') {
    const message = 'the name leads out of the archive, or nowhere: left out';
    problems.push({ code: 'tar-path-escape', message, path: raw });
    return;
  }
  if (entry.sparse !== undefined) {
    const message = 'a sparse member cannot be read at random: left out';
    problems.push({ code: 'archive-sparse-member', message, path: name });
    return;
  }
  if (members.has(name)) {
    const message = 'the archive has this member more than once: the last one counts';
    problems.push({ code: 'archive-duplicate-member', message, path: name });
  }
  const { bodyOffset: offset, size, type, linkName } = entry;
  const target = linkName === undefined ? undefined : decodeName(linkName);
  members.set(name, { offset, size, type, target });
}

function resolveMember(
  members: ReadonlyMap<string, ArchiveMember>,
  name: string,
): ArchiveMember | undefined {
  let path = canonicalPath(name)?.slice(1);
  for (let hop = 0; path !== undefined && hop <= MAXIMUM_HOPS; hop += 1) {
    const member = members.get(path);
    if (member?.type === 'file') return member;
    if (member?.target === undefined) return undefined;
    path =
      member.type === 'link'
        ? canonicalPath(member.target)?.slice(1)
        : resolveLink(path, member.target);
  }
  return undefined;
}

/** The target of a symlink of the archive; undefined when it leads above the archive's root. */
function resolveLink(path: string, target: string): string | undefined {
  const parts = target.startsWith('/') ? [] : path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function truncated(what: string, entry: TarEntry): CutawayError {
  const name = JSON.stringify(decodeName(entry.name));
  return new CutawayError('CORRUPT', `read ${what}: it ends inside its member ${name}`, {
    data: { problem: 'tar-truncated', offset: entry.bodyOffset },
  });
}
