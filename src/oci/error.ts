// The vocabulary of the project: no I/O, no imports. Everything else stands on it.
// This file: the one error class, with the closed set of codes a caller can act on.

/** What the caller can do about it, not where it happened. */
export type ErrorCode =
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'AMBIGUOUS'
  | 'IN_USE'
  | 'INVALID_INPUT'
  | 'PERMISSION_DENIED'
  | 'UNSUPPORTED'
  | 'UNAVAILABLE'
  | 'CORRUPT'
  | 'LIMIT_EXCEEDED'
  | 'CANCELED'
  | 'INTERNAL';

export interface ErrorDetail {
  /** The way out, as one sentence, when there is one. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Values a program may want: `{digest, expected, actual}`, `{path}`, `{syscall, errno}`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * A failure that a user is told about. The message names the operation, the operand and the
 * cause, in lower case and without a full stop: `read layer 3 "sha256:ab…": unexpected end`.
 */
export class CutawayError extends Error {
  override readonly name = 'CutawayError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.data = detail.data ?? {};
  }
}

/** Whether `error` is one of ours with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is CutawayError {
  return error instanceof CutawayError && codes.includes(error.code);
}

/** The text of any thrown value, for the end of a message: "read x: <this>". */
export function causeText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `error` again, with the operation it interrupted in front of its message. */
export function during(operation: string, error: unknown): CutawayError {
  const code = error instanceof CutawayError ? error.code : 'INTERNAL';
  const hint = error instanceof CutawayError ? error.hint : undefined;
  return new CutawayError(code, `${operation}: ${causeText(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(error instanceof CutawayError ? { data: error.data } : {}),
  });
}
