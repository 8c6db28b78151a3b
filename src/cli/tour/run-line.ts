// The commands of the tour as children of this process: cutaway's own by running this program
// again, the host's by their argument vectors.
import type { Writable } from 'node:stream';
import type { Context } from '../context.js';
import type { TourPlace } from './tour-place.js';

export interface LineResult {
  /** Undefined when a signal ended it. */
  readonly status: number | undefined;
  /** Undefined when it went to the terminal by itself. */
  readonly output: string | undefined;
}

export interface HostLine {
  readonly argv: readonly string[];
  readonly directory: string;
  /** Else its output goes to our own stdout and stderr. */
  readonly captured: boolean;
}

export async function runHostLine(
  context: Context,
  place: TourPlace,
  line: HostLine,
): Promise<LineResult> {
  if (!line.captured) return { status: await runChild(context, place, line), output: undefined };
  const { host } = context;
  const path = `${place.root}/output`;
  // Into one file both streams keep their order, which two pipes would not. The stream that
  // createFile returns is a file's, and never written to by us.
  const file = host.createFile(path, 0o600) as Writable & { readonly fd: number };
  try {
    const status = await runChild(context, place, line, file.fd);
    return { status, output: host.readText(path) };
  } finally {
    file.destroy();
    host.removeFile(path);
  }
}

const LONGEST = 30_000;

async function runChild(
  { host }: Context,
  { environment }: TourPlace,
  { argv, directory }: HostLine,
  file?: number,
): Promise<number | undefined> {
  const child = host.spawn(programArgv(argv), {
    stdin: 'ignore',
    stdout: file ?? 'inherit',
    stderr: file ?? 'inherit',
    // Ctrl-C reaches the tour alone: it ends when the command that runs has ended.
    detached: true,
    environment,
    directory,
  });
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
  }, LONGEST);
  const { exitCode } = await child.ended.finally(() => {
    clearTimeout(timer);
  });
  return exitCode;
}

/** "cutaway" is this program, however it was started. */
export function programArgv([program = '', ...rest]: readonly string[]): string[] {
  if (program !== 'cutaway') return [program, ...rest];
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...rest];
}
