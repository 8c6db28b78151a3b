// A dockerd of the test's own, beside any other: its own roots, socket and containerd, no network.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Docker {
  /** stdout of `docker ARGUMENTS`; fails with what docker says on stderr. */
  run(arguments_: readonly string[], options?: DockerOptions): string;
  /** The same, while this process goes on. */
  start(arguments_: readonly string[]): Promise<string>;
  /** The same whatever its status, and without holding up this process. */
  outcome(arguments_: readonly string[], input?: string): Promise<DockerOutcome>;
  /** The lines of the same, without empty ones. */
  lines(arguments_: readonly string[]): string[];
  /** The one object that `docker inspect` prints. */
  inspect(name: string): unknown;
  /** What the daemon answers to GET: names in it are not cut at newlines. */
  get(path: string): Promise<unknown>;
  /** Where a running container's config.json for runc is. */
  runcConfigPath(id: string): string;
  /** Ends the daemon and what it left mounted; its files are the caller's to remove. */
  stop(): Promise<void>;
}

export interface DockerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: Buffer;
}

export interface DockerOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class DockerFailure extends Error {
  /** What the client said there, and nothing else. */
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(message);
    this.stderr = stderr;
  }
}

/** Why a dockerd cannot be started here; undefined when it can. */
export function whyNoDocker(): string | undefined {
  if (process.getuid?.() !== 0) return 'starting a dockerd needs root';
  const missing = ['dockerd', 'containerd', 'docker'].filter((name) => !isInstalled(name));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

function folders(): string[] {
  return [...new Set(SYSTEM_PATH.split(':'))].filter((folder) => folder !== '');
}

export function isInstalled(program: string): boolean {
  return folders().some((folder) => existsSync(join(folder, program)));
}

/** `root` is an absolute path, short enough for a socket in it. */
export async function startDocker(root: string, options: readonly string[] = []): Promise<Docker> {
  mkdirSync(join(root, 'client'), { recursive: true });
  const socket = `unix://${root}/docker.sock`;
  const environment = {
    PATH: SYSTEM_PATH,
    DOCKER_HOST: socket,
    DOCKER_CONFIG: join(root, 'client'),
  };
  const log = openSync(join(root, 'dockerd.log'), 'w');
  const daemon = spawn(
    'dockerd',
    [
      ...['--data-root', join(root, 'data'), '--exec-root', join(root, 'exec')],
      ...['-H', socket, '--pidfile', join(root, 'dockerd.pid')],
      ...['--bridge', 'none', '--iptables=false', '--storage-driver', 'overlay2'],
      ...options,
    ],
    { stdio: ['ignore', log, log], env: { ...process.env, PATH: SYSTEM_PATH } },
  );
  const ended = new Promise<void>((resolve) => {
    daemon.on('exit', () => {
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await ended;
    for (const mount of mountsBeneath(root)) spawnSync('umount', ['-l', mount]);
  };
  let client: string | undefined;
  for (let tries = 0; client === undefined; tries += 1) {
    if (daemon.exitCode !== null || tries === 150) {
      await stop();
      throw new Error(`dockerd did not start: ${lastLine(join(root, 'dockerd.log'))}`);
    }
    await sleep(200);
    client = findClient(environment);
  }
  const tasks = join(root, 'exec/containerd/daemon/io.containerd.runtime.v2.task/moby');
  return {
    ...commands(client, environment),
    runcConfigPath: (id) => join(tasks, id, 'config.json'),
    stop,
  };
}

/** The docker that came with the daemon, where several are installed; else one that it answers. */
function findClient(environment: NodeJS.ProcessEnv): string | undefined {
  const format = '{{.Client.Version}} {{.Server.Version}}';
  const answers = folders()
    .map((folder) => join(folder, 'docker'))
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      const { status, stdout } = spawnSync(path, ['version', '--format', format], {
        env: environment,
        encoding: 'utf8',
        timeout: 10_000,
      });
      if (status !== 0) return [];
      const [own, server] = stdout.trim().split(' ');
      return [{ path, isOfDaemon: own === server }];
    });
  return (answers.find(({ isOfDaemon }) => isOfDaemon) ?? answers[0])?.path;
}

type Commands = Omit<Docker, 'stop' | 'runcConfigPath'>;

function commands(client: string, environment: NodeJS.ProcessEnv): Commands {
  const run: Docker['run'] = (arguments_, options = {}) => {
    const result = spawnSync(client, arguments_, {
      env: { ...environment, ...options.environment },
      input: options.input ?? '',
      encoding: 'utf8',
      timeout: 300_000,
      maxBuffer: 1 << 28,
    });
    if (result.status === 0) return result.stdout;
    const reason = result.error?.message ?? `${result.stdout}\n${result.stderr}`.trim();
    const message = `docker ${arguments_.join(' ')}: ${reason.slice(-4000)}`;
    throw new DockerFailure(message, result.stderr);
  };
  const start: Docker['start'] = (arguments_) =>
    new Promise((resolve, reject) => {
      const options = { env: environment, timeout: 300_000, maxBuffer: 1 << 28 };
      const child = execFile(client, arguments_, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new DockerFailure(`docker ${arguments_.join(' ')}: ${stderr}`, stderr));
      });
      child.stdin?.end();
    });
  return {
    run,
    start,
    outcome: (arguments_, input) => runClient(client, arguments_, { environment, input }),
    lines: (arguments_) => run(arguments_).split('\n').filter(Boolean),
    inspect: (name) => (JSON.parse(run(['inspect', name])) as unknown[])[0],
    get: (path) => getJson(environment['DOCKER_HOST']?.replace('unix://', '') ?? '', path),
  };
}

function runClient(
  client: string,
  arguments_: readonly string[],
  { environment, input }: { environment: NodeJS.ProcessEnv; input: string | undefined },
): Promise<DockerOutcome> {
  const child = spawn(client, arguments_, { env: environment, timeout: 60_000 });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  }
  // A client that ends before it has read everything is no error of the test.
  child.stdin.on('error', () => undefined).end(input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, ...said });
    });
  });
}

function getJson(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

function lastLine(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '';
}

/** Innermost first. */
export function mountsBeneath(root: string): string[] {
  const mounts = execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' });
  const points = mounts.split('\n').map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point.startsWith(`${root}/`)).reverse();
}
