// Child processes: argument vectors only, never a shell.
import { spawn as nodeSpawn } from 'node:child_process';
import * as fs from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { CutawayError } from '../oci/error.js';
import { errnoOf, systemError } from './errno.js';
import { openChildPipes, type ChildPipes } from './child-pipes.js';
import type { ChildEnd, ChildProcess, ChildResult, RunOptions, SpawnOptions } from './host.js';

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_OUTPUT_LIMIT = 16 * 1024 * 1024;
/** Where system programs lie when PATH, as cron and su set it, leaves them out. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

export function findProgram(name: string): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  const path = (process.env['PATH'] ?? '').split(':').filter((part) => part.startsWith('/'));
  return [...path, ...SYSTEM_DIRECTORIES]
    .map((directory) => `${directory}/${name}`)
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}

const own = new Set<number>();

/** Whether Node has spawned it and has not told of its end yet. */
export function isOwnChild(pid: number): boolean {
  return own.has(pid);
}

export function spawn(argv: readonly string[], options: SpawnOptions): ChildProcess {
  const [program, ...rest] = argv;
  if (program === undefined) throw new CutawayError('INTERNAL', 'spawn: no program');
  const pipes = openChildPipes(options);
  const child = startChild(program, rest, options, pipes);
  const [stdout, stderr] = [
    pipes.outputs[0] ?? child.stdout ?? undefined,
    pipes.outputs[1] ?? child.stderr ?? undefined,
  ];
  const { pid } = child;
  if (pid !== undefined) {
    own.add(pid);
    child.on('exit', () => own.delete(pid));
  }
  const when = (event: 'exit' | 'close') =>
    new Promise<ChildEnd>((resolve, reject) => {
      child.on('error', (error) => {
        reject(systemError('spawn', program, errnoOf(error) ?? 'EIO', error));
      });
      child.on(event, (exitCode: number | null, signal: string | null) => {
        resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
      });
    });
  const exited = when('exit');
  const ended = Promise.all([when('close'), ...pipes.outputs.map(closed)]).then(([end]) => end);
  // Who never asks for the end must not be told by a crash that it was a bad one.
  ended.catch(() => undefined);
  exited.catch(() => undefined);
  return {
    pid: pid ?? 0,
    stdin: pipes.stdin ?? child.stdin ?? undefined,
    stdout,
    stderr,
    kill: (signal) => {
      child.kill(signal as NodeJS.Signals);
    },
    unref: () => {
      child.unref();
    },
    channel: (child.stdio[3] as Duplex | undefined) ?? undefined,
    ended,
    exited,
  };
}

/** Of a pipe of our own, Node's `close` of the child says nothing. */
function closed(stream: Readable | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined) resolve();
    else stream.once('close', resolve);
  });
}

function startChild(
  program: string,
  rest: readonly string[],
  { channel = false, detached = false, environment, directory }: SpawnOptions,
  pipes: ChildPipes,
) {
  try {
    return nodeSpawn(program, rest, {
      stdio: [...pipes.stdio, ...(channel ? (['pipe'] as const) : [])],
      detached,
      ...(environment === undefined ? {} : { env: environment }),
      ...(directory === undefined ? {} : { cwd: directory }),
    });
  } finally {
    pipes.closeTheirs();
  }
}

export async function run(argv: readonly string[], options: RunOptions = {}): Promise<ChildResult> {
  const limit = options.outputLimit ?? DEFAULT_OUTPUT_LIMIT;
  const child = spawn(argv, {
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  });
  const name = argv[0] ?? '';
  const timeout = options.timeoutMilliseconds ?? DEFAULT_TIMEOUT;
  let failure: CutawayError | undefined;
  const stop = (error: CutawayError) => {
    failure ??= error;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => {
    stop(new CutawayError('UNAVAILABLE', `run "${name}": no end after ${timeout} ms`));
  }, timeout);
  const tooMuch = () => {
    stop(new CutawayError('LIMIT_EXCEEDED', `run "${name}": more than ${limit} bytes of output`));
  };
  const stdout = collect(child.stdout, limit, tooMuch);
  const stderr = collect(child.stderr, limit, tooMuch);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  try {
    const { exitCode, signal } = await child.ended;
    if (failure !== undefined) throw failure;
    return { exitCode, signal, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
  }
}

function collect(
  stream: NodeJS.ReadableStream | undefined,
  limit: number,
  tooMuch: () => void,
): () => string {
  const parts: Buffer[] = [];
  let size = 0;
  stream?.on('data', (part: Buffer) => {
    size += part.length;
    if (size > limit) tooMuch();
    else parts.push(part);
  });
  return () => Buffer.concat(parts).toString('utf8');
}
