import type { Test } from 'tap';
import type { Cutaway, RunOptions } from '../support/cli.js';

/** Something that cannot be done, and how that is told. */
export interface Complaint {
  readonly what: string;
  readonly args: readonly string[];
  readonly options?: RunOptions;
  readonly status?: number;
  /** The first line, without "cutaway COMMAND: ". */
  readonly says: string | RegExp;
}

/** What `ls` knows: to be the same before and after. */
export async function everything(cutaway: Cutaway): Promise<unknown> {
  const { containers, images } = await cutaway.json('ls');
  return { containers, images };
}

/**
 * One clear line on stderr, with at most one more for the way out; stdout stays empty, and the
 * status says whose fault it was.
 */
export async function checkComplaints(
  t: Test,
  cutaway: Cutaway,
  cases: readonly Complaint[],
): Promise<void> {
  for (const { what, args, options, says, status = 2 } of cases) {
    const outcome = await cutaway.run(args, options);
    t.equal(outcome.stdout, '', `${what}: nothing on stdout`);
    const lines = outcome.stderr.split('\n');
    t.equal(lines.pop(), '', `${what}: whole lines`);
    const [first = '', hint = '  ', ...more] = lines;
    t.match(first.replace(/^cutaway( [a-z]+)?: /, ''), says, what);
    t.match(first, /^cutaway( [a-z]+)?: \S/, `${what}: says who speaks`);
    t.match(hint, /^ {2}/, `${what}: a hint is indented`);
    t.same(more, [], `${what}: no more than two lines`);
    t.notMatch(
      outcome.stderr,
      /\bat .*:\d+:\d+|\bE[A-Z]{4,}\b|undefined|\[object/,
      `${what}: plain words`,
    );
    t.equal(outcome.status, status, `${what}: status`);
  }
}
