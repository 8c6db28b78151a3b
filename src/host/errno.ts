// Failures of system calls in the project's own error form: syscall, operand, errno name.
import { getSystemErrorName } from 'node:util';
import { CutawayError, type ErrorCode } from '../oci/error.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  ESRCH: 'NOT_FOUND',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EEXIST: 'ALREADY_EXISTS',
  EBUSY: 'IN_USE',
  ENOSYS: 'UNSUPPORTED',
  EOPNOTSUPP: 'UNSUPPORTED',
  ENODEV: 'UNSUPPORTED',
  ELOOP: 'INVALID_INPUT',
  EINVAL: 'INVALID_INPUT',
  ENAMETOOLONG: 'INVALID_INPUT',
};

/** The name of an errno number: 2 → ENOENT. */
export function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

export function systemError(
  syscall: string,
  operand: string,
  errno: string,
  cause?: unknown,
): CutawayError {
  return new CutawayError(CODES[errno] ?? 'UNAVAILABLE', `${syscall} "${operand}": ${errno}`, {
    data: { syscall, operand, errno },
    cause,
    ...(errno === 'ENOSPC' ? { hint: 'the file system is full: free some space' } : {}),
  });
}

/** The errno name that a Node or Cutaway error carries, if it is a failed system call. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof CutawayError) {
    return typeof error.data['errno'] === 'string' ? error.data['errno'] : undefined;
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** Runs one file operation; what it throws names the operation, the path and the errno. */
export function guarded<Value>(syscall: string, operand: string, operation: () => Value): Value {
  try {
    return operation();
  } catch (error) {
    if (error instanceof CutawayError) throw error;
    throw systemError(syscall, operand, errnoOf(error) ?? 'EIO', error);
  }
}
