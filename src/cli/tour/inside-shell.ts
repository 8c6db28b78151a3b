// The shell in the container: a child that is given lines, as somebody types them, and whose
// answers are read until a mark that follows each line.
import { randomBytes } from 'node:crypto';
import type { Context } from '../context.js';
import { programArgv, type LineResult } from './run-line.js';
import type { TourPlace } from './tour-place.js';

export interface InsideShell {
  type(line: string): Promise<LineResult>;
  /** Types the line that ends it, and waits for the end. */
  end(line: string): Promise<LineResult>;
  /** Whether it is running or not. */
  kill(): Promise<void>;
}

const LONGEST = 20_000;

export function openInsideShell(
  { host }: Context,
  place: TourPlace,
  argv: readonly string[],
): InsideShell {
  const mark = `tour-${randomBytes(8).toString('hex')}`;
  const child = host.spawn(programArgv(argv), {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
    environment: place.environment,
  });
  const answers = collectText(child.stdout, child.stderr);
  child.stdin?.on('error', () => undefined);
  // What programs inside say to stderr comes by another way, and would come too late.
  child.stdin?.write('exec 2>&1\n');
  const over = child.ended.then(({ exitCode }) => ({ status: exitCode }));
  over.catch(() => undefined);
  const answer = async (until: RegExp): Promise<LineResult> => {
    const found = await Promise.race([answers.find(until), over, late()]);
    if ('status' in found) return { status: found.status, output: answers.take() };
    return { status: Number(found.match[2]), output: found.match[1] ?? '' };
  };
  return {
    type: async (line) => {
      child.stdin?.write(`${line}\nprintf '\\n%s %d\\n' ${mark} $?\n`);
      return await answer(new RegExp(`^([^]*)\\n${mark} (\\d+)\\n`));
    },
    end: async (line) => {
      child.stdin?.end(`${line}\n`);
      const { status } = await Promise.race([over, late()]);
      return { status, output: answers.take() };
    },
    kill: async () => {
      child.stdin?.end();
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
      }, 2_000);
      await over.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** A shell that does not answer has failed: no status. */
async function late(): Promise<{ status: undefined }> {
  await new Promise((resolve) => setTimeout(resolve, LONGEST).unref());
  return { status: undefined };
}

interface Collected {
  /** Resolves when what was read begins with the pattern, and takes that much away. */
  find(pattern: RegExp): Promise<{ match: RegExpExecArray }>;
  take(): string;
}

function collectText(...streams: readonly (NodeJS.ReadableStream | undefined)[]): Collected {
  let text = '';
  let check: () => void = () => undefined;
  for (const stream of streams) {
    stream?.setEncoding('utf8');
    stream?.on('data', (part: string) => {
      text += part;
      check();
    });
  }
  return {
    find: (pattern) =>
      new Promise((resolve) => {
        check = () => {
          const match = pattern.exec(text);
          if (match === null) return;
          text = text.slice(match[0].length);
          check = () => undefined;
          resolve({ match });
        };
        check();
      }),
    take: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}
