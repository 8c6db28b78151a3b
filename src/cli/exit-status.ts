import { CutawayError } from '../oci/error.js';
import { safeText } from '../report/text.js';
import { StartError } from '../runtime/supervise.js';

/**
 * 2 for trouble; 125 where the container's own status would otherwise stand (design of Docker):
 * 126 its program cannot be invoked, 127 it is not found.
 */
export function exitStatus(error: unknown, runsContainer: boolean): number {
  if (!runsContainer) return 2;
  return error instanceof StartError ? error.exitCode : 125;
}

/** One line, and a second with the way out. A stack is shown for our own mistakes only on demand. */
export function reportError(error: unknown, command: string | undefined): void {
  const prefix = command === undefined ? 'cutaway' : `cutaway ${command}`;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${prefix}: ${safeText(inWords(withoutRepeat(message, command)))}\n`);
  if (error instanceof CutawayError && error.hint !== undefined) {
    process.stderr.write(`  ${safeText(error.hint)}\n`);
  }
  if (!(error instanceof CutawayError)) {
    process.stderr.write('  this is a mistake in cutaway itself; CUTAWAY_DEBUG=1 shows where\n');
  }
  if (process.env['CUTAWAY_DEBUG'] === '1' && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
}

/** A usage error begins with the command's name already. */
function withoutRepeat(message: string, command: string | undefined): string {
  const own = `${command ?? ''}: `;
  return command !== undefined && message.startsWith(own) ? message.slice(own.length) : message;
}

/** errno(3) in the words of strerror(3): what people know from every other program. */
const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EDQUOT: 'disk quota exceeded',
  EEXIST: 'file exists',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENOENT: 'no such file or directory',
  ENOMEM: 'cannot allocate memory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};

function inWords(message: string): string {
  return (
    message
      .replace(/(?<=: )E[A-Z]+$/, (name) => ERRNO_WORDS[name] ?? name)
      // Node's own: "ENOSPC: no space left on device, write".
      .replace(/(?<=: )E[A-Z]+: ([a-z ]+), [a-z]+$/, '$1')
  );
}
