// What /proc says of processes, namespaces and cgroups. Reads only; everything here may vanish
// between two looks, so "gone" is an ordinary answer and "not allowed" a problem, not a failure.
// This file: telling the two apart.
import { CutawayError, causeText, hasCode } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';

/** Whether `error` says that the process or the file is not there (ENOENT, ESRCH). */
export function isGone(error: unknown): boolean {
  return hasCode(error, 'NOT_FOUND');
}

/** The problem that stands in a document for a failed read of `path`. */
export function unreadable(error: unknown, path: string): Problem {
  return { code: failureCode(error), message: causeText(error), path };
}

function failureCode(error: unknown): string {
  if (!(error instanceof CutawayError)) return 'INTERNAL';
  const errno = error.data['errno'];
  return typeof errno === 'string' ? errno : error.code;
}

/**
 * One problem per code and kind of file instead of one per process: an ordinary user may not
 * read the links of anybody else, and thousands of equal lines say less than one with a count.
 */
export function summarizeProblems(problems: readonly Problem[]): Problem[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const kind = problem.path?.replace(/^\/proc\/\d+\//, '/proc/PID/') ?? problem.message;
    const key = `${problem.code} ${kind}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [problem]);
    else group.push(problem);
  }
  return [...groups.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    if (rest.length === 0) return [first];
    return [{ ...first, message: `${first.message} (and ${rest.length} more like it)` }];
  });
}
