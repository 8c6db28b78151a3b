// Debian's docker-registry on loopback, on a port that it picks itself.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeAuthority } from './certificates.js';

export interface RegistryOptions {
  /** With a certificate for 127.0.0.1 and localhost; `authority` has the CA's file. */
  readonly tls?: boolean;
  /** Names and passwords that it lets in by basic authentication; all others it does not. */
  readonly htpasswd?: Readonly<Record<string, string>>;
  /** What a token service (token-service.ts) says about itself. */
  readonly token?: TokenSettings;
  /** Merged into its configuration: `{ proxy: { remoteurl } }`, `{ storage: … }`. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export interface TokenSettings {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly rootcertbundle: string;
}

export interface Registry {
  /** "127.0.0.1:43210": what stands before the slash of an image name. */
  readonly host: string;
  readonly port: number;
  /** "http://127.0.0.1:43210". */
  readonly url: string;
  /** PEM file of the authority that signed its certificate; with `tls` only. */
  readonly authority: string | undefined;
  /** A directory for more files of the test, gone at its end. */
  readonly directory: string;
  /** Its files: `blobs/sha256/ab/abcd…/data` below `docker/registry/v2`. */
  readonly storage: string;
  /** What it has written to its log so far. */
  log(): string;
  /** One request of the test's own, past the program. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Ends it before the test ends. */
  stop(): Promise<void>;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Starts one that ends with `t`. Ask `cannotRun('docker-registry', 'openssl')` before. */
export async function startRegistry(t: Test, options: RegistryOptions = {}): Promise<Registry> {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-registry-'));
  const storage = join(directory, 'storage');
  const log = join(directory, 'registry.log');
  const { authority, tls } = makeTls(directory, options);
  const configuration = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', ...tls },
    ...makeAuth(directory, options),
    ...options.configuration,
  };
  // YAML has JSON within it.
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(configuration));
  writeFileSync(log, '');
  const program = ['serve', join(directory, 'config.yml')];
  const child = spawn('sh', ['-c', `exec docker-registry "$@" >"${log}" 2>&1`, 'sh', ...program], {
    stdio: 'ignore',
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      resolve();
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  t.teardown(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const port = await findPort(log, () => child.exitCode !== null);
  const host = `127.0.0.1:${port}`;
  const url = `${options.tls === true ? 'https' : 'http'}://${host}`;
  return {
    host,
    port,
    url,
    authority,
    directory,
    storage,
    log: () => readFileSync(log, 'utf8'),
    ask: (method, path, rest = {}) => ask(`${url}${path}`, { method, authority, ...rest }),
    stop,
  };
}

function makeTls(directory: string, { tls }: RegistryOptions) {
  if (tls !== true) return { authority: undefined, tls: {} };
  const authority = makeAuthority(directory);
  const own = authority.issue('registry', ['IP:127.0.0.1', 'DNS:localhost']);
  return { authority: authority.certificate, tls: { tls: own } };
}

function makeAuth(directory: string, { htpasswd, token }: RegistryOptions) {
  if (token !== undefined) return { auth: { token } };
  if (htpasswd === undefined) return {};
  const path = join(directory, 'htpasswd');
  const lines = Object.entries(htpasswd).map(([name, word]) => `${name}:${bcrypt(word)}\n`);
  writeFileSync(path, lines.join(''));
  return { auth: { htpasswd: { realm: 'test', path } } };
}

/** By crypt(3), which perl has; the salt is always the same. */
function bcrypt(password: string): string {
  const script = 'print crypt($ARGV[0], q($2y$04$abcdefghijklmnopqrstuu))';
  return execFileSync('perl', ['-e', script, password], { encoding: 'utf8' });
}

async function findPort(log: string, hasEnded: () => boolean): Promise<number> {
  for (let tries = 0; tries < 500; tries += 1) {
    const text = readFileSync(log, 'utf8');
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
    if (hasEnded()) throw new Error(`docker-registry did not start: ${text.slice(-1000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('docker-registry does not say where it listens');
}

interface FullAskOptions extends AskOptions {
  readonly method: string;
  readonly authority?: string | undefined;
}

/** A plain request: no redirects, no retries, no credentials but those in the headers. */
export function ask(url: string, options: FullAskOptions): Promise<Answer> {
  const { method, authority, headers = {}, body } = options;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const ca = authority === undefined ? {} : { ca: readFileSync(authority) };
  return new Promise((resolve, reject) => {
    const asked = send(url, { method, headers, agent: false, ...ca }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(parts) });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** A directory of the test's own, gone at its end. */
export function scratch(t: Test, name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `cutaway-${name}-`));
  t.teardown(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  mkdirSync(join(directory, 'home'), { mode: 0o700 });
  return directory;
}
