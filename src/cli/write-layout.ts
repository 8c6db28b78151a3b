// An OCI layout as a directory: filled beside its place and renamed, so that it is whole or not there.
import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { wholeMember, type SavedMember } from '../image/write-archive.js';
import { CutawayError } from '../oci/error.js';
import type { Context } from './context.js';
import { throwIfStopped } from './write-output.js';

export async function writeLayout(
  { host }: Context,
  members: readonly SavedMember[],
  output: string,
  signal: AbortSignal,
): Promise<void> {
  const target = output.replace(/(?<=.)\/+$/, '');
  const status = host.findStatus(target);
  if (status !== undefined && !isEmptyDirectory(host, target)) {
    throw new CutawayError('ALREADY_EXISTS', `write "${output}": it is there already`);
  }
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    host.createDirectory(temporary);
    for (const member of members) {
      throwIfStopped(signal);
      const path = `${temporary}/${member.name}`;
      host.createDirectory(path.slice(0, path.lastIndexOf('/')), { parents: true });
      await pipeline(wholeMember(member), host.createFile(path), { signal });
      host.sync(path);
    }
    host.rename(temporary, target);
  } catch (error) {
    throwIfStopped(signal);
    throw error;
  } finally {
    host.removeTree(temporary);
  }
}

function isEmptyDirectory(host: Context['host'], path: string): boolean {
  return host.lstat(path).type === 'directory' && host.readDirectory(path).length === 0;
}
