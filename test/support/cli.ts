// The real program with a store of its own, as a user runs it; at the end nothing of it is left.
import { spawn as nodeSpawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { storePaths, type StorePaths } from '../../src/runtime/store/paths.js';

export interface RunOptions {
  readonly input?: string | Buffer;
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What stands before the program: ["setpriv", …, "--"]. */
  readonly wrapper?: readonly string[];
  /** Default 60,000: then it is killed, and the outcome says so by its signal. */
  readonly timeout?: number;
}

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves when stdout has `text` in it. */
  saw(text: string): Promise<void>;
}

export interface Cutaway {
  /** For files of the test; gone at its end. */
  readonly directory: string;
  readonly dataRoot: string;
  readonly paths: StorePaths;
  /** What a shell would be given to run it: program and arguments. */
  readonly argv: readonly string[];
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  start(args: readonly string[], options?: RunOptions): Running;
  /** stdout; throws when the status is not 0. */
  text(...args: readonly string[]): Promise<string>;
  /** stdout of `--json`, parsed; throws when the status is not 0. */
  json(...args: readonly string[]): Promise<ReturnType<typeof JSON.parse>>;
  /** stdout without the newline at its end: of `run -d` and `create`, the id. */
  line(...args: readonly string[]): Promise<string>;
}

/** The bundle that scripts/test.mjs has built for this run of the tests. */
const PROGRAM = resolve(process.env['CUTAWAY_PROGRAM'] ?? 'bin/cutaway.js');

/** Why tests that need these cannot run here; false when they can. */
export function cannotRun(...programs: readonly string[]): string | false {
  const host = linuxHost();
  if (host.effectiveUid !== 0) return 'needs root';
  const missing = programs.find((name) => host.findProgram(name) === undefined);
  return missing === undefined ? false : `needs ${missing}`;
}

/** A store of its own below a temporary directory; `t` removes and checks it at its end. */
export function makeCutaway(t: Test): Cutaway {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-e2e-'));
  const dataRoot = join(directory, 'root');
  const cutaway = cutawayAt(directory, dataRoot);
  t.teardown(() => clearAway(cutaway));
  return cutaway;
}

/** The same program on another store, which whoever made it clears away. */
export function cutawayAt(directory: string, dataRoot: string): Cutaway {
  // tap has its child processes report to it, which costs them half their time and, where they
  // are another user's, fails.
  const argv = ['/usr/bin/env', '-u', 'NODE_OPTIONS', PROGRAM];
  const start = (args: readonly string[], options: RunOptions = {}) =>
    startProgram([...(options.wrapper ?? []), ...argv, ...args], dataRoot, options);
  const run = async (args: readonly string[], options: RunOptions = {}) => {
    const running = start(args, options);
    running.child.stdin?.end(options.input ?? '');
    return await running.ended;
  };
  const text = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await run(args);
    if (status === 0) return stdout;
    throw new Error(`cutaway ${args.join(' ')}: status ${String(status)}: ${stderr}`);
  };
  return {
    directory,
    dataRoot,
    paths: storePaths(linuxHost(), dataRoot),
    argv,
    run,
    start,
    text,
    json: async (...args) => JSON.parse(await text(...args, '--json')) as unknown,
    line: async (...args) => (await text(...args)).trimEnd(),
  };
}

/** Where nobody listens: no test reaches a registry but on this machine. */
const NO_NETWORK = {
  HTTP_PROXY: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  http_proxy: undefined,
  https_proxy: undefined,
  NO_PROXY: undefined,
  no_proxy: undefined,
};

function startProgram(argv: readonly string[], dataRoot: string, options: RunOptions): Running {
  const [program = '', ...rest] = argv;
  // Whatever else is on this machine is none of the test's.
  const env = {
    ...process.env,
    ...NO_NETWORK,
    CUTAWAY_DATA_ROOT: dataRoot,
    CUTAWAY_ENGINES: 'cutaway',
    ...options.env,
  };
  const child = nodeSpawn(program, rest, { env, cwd: options.cwd ?? '/' });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 60_000);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends before it has read everything is no error of the test.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const bytes = Buffer.concat(stdout);
      const text = Buffer.concat(stderr).toString('utf8');
      resolve({ status, signal, bytes, stdout: bytes.toString('utf8'), stderr: text });
    });
  });
  const has = (text: string) => Buffer.concat(stdout).toString('utf8').includes(text);
  const saw = (text: string) => eventually(() => has(text), `stdout has ${JSON.stringify(text)}`);
  return { child, ended, saw };
}

/** Waits until `holds`; throws after ten seconds. */
export async function eventually(holds: () => unknown, what: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ten seconds: ${what}`);
}

/** Removes the containers and the store; throws when anything of it is left on the machine. */
async function clearAway(cutaway: Cutaway): Promise<void> {
  const { directory, paths } = cutaway;
  const ids = (await cutaway.text('ps', '-aq', '--no-trunc')).split('\n').filter(Boolean);
  if (ids.length > 0) await cutaway.text('rm', '-f', ...ids);
  await cutaway.text('ps', '-a');
  await eventually(() => leftovers(paths).length === 0, leftoverText(paths));
  rmSync(paths.run, { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
}

function leftoverText(paths: StorePaths): string {
  return `nothing is left of ${paths.root}: ${leftovers(paths).join('\n')}`;
}

/** Mounts, processes, cgroups and files of the runtime that belong to no living container. */
export function leftovers(paths: StorePaths): string[] {
  return [
    ...mountsBelow(paths).map((point) => `mount ${point}`),
    ...processesOf(paths).map((line) => `process ${line}`),
    ...['runc', 'pid', 'log', 'netns'].flatMap((name) => filesIn(`${paths.run}/${name}`)),
    ...filesIn(paths.temporary),
  ];
}

/** Mount points below the store or its run directory. */
export function mountsBelow(paths: StorePaths): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) =>
    [paths.root, paths.run].some((place) => point.startsWith(`${place}/`)),
  );
}

/** Command lines that name the store: shims, runc, other commands. */
function processesOf(paths: StorePaths): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => `${pid} ${commandLine(pid)}`)
    .filter((line) => line.includes(`${paths.root}/`) || line.includes(`${paths.run}/`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((name) => `${directory}/${name}`);
}
