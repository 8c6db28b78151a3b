import type { Host, ReadHost } from '../host/host.js';
import { linuxHost } from '../host/linux-host.js';
import { rootedHost } from '../host/rooted-host.js';
import { parseLimits, type Limits } from '../image/limits.js';
import { CutawayError } from '../oci/error.js';
import { hostPlatform, type Platform } from '../oci/platform.js';
import { reconcile } from '../runtime/reconcile.js';
import { defaultDataRoot } from '../runtime/store/paths.js';
import { openStore, type Store } from '../runtime/store/store.js';

/** What every command is given: the machine, the streams, and what was set for all commands. */
export interface Context {
  readonly host: Host;
  readonly dataRoot: string;
  readonly platform: Platform;
  /** Those that the user set. */
  readonly limits: Partial<Limits>;
  /** Which engines are asked, and where they are. */
  readonly engines: EnginesSetting;
  /** Archives are read as if for the first time, and nothing is kept of them. */
  readonly noCache: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly color: boolean;
  /** Writes data to stdout. */
  print(text: string): void;
  /** Writes a message to stderr. */
  note(text: string): void;
}

export interface EnginesSetting {
  /** The disk of another machine; undefined for this one. */
  readonly host: ReadHost | undefined;
  /** Of our own engine there. */
  readonly dataRoot: string;
  readonly only: readonly string[];
  readonly roots: ReadonlyMap<string, string>;
}

export interface GlobalOptions {
  readonly dataRoot: string | undefined;
  readonly hostRoot: string | undefined;
  /** Names or kinds. */
  readonly engines: readonly string[];
  /** As written: ENGINE=DIR. */
  readonly engineRoots: readonly string[];
  readonly noColor: boolean;
  readonly noCache: boolean;
  /** As written: NAME=VALUE. */
  readonly limits: readonly string[];
}

export function makeContext(global: GlobalOptions): Context {
  const host = linuxHost();
  const evidence = global.hostRoot === undefined ? undefined : absolute(global.hostRoot);
  const noColor = host.environment['NO_COLOR'];
  const wantsColor = !global.noColor && (noColor === undefined || noColor === '');
  return {
    host,
    dataRoot: absolute(
      (evidence === undefined ? global.dataRoot : undefined) ?? defaultDataRoot(host),
    ),
    platform: hostPlatform(host.architecture),
    limits: parseLimits(global.limits),
    engines: readEngines(host, evidence, global),
    noCache: global.noCache,
    // Making a stream of a pipe loads all of node:net: only who writes pays for it.
    get stdout() {
      return guardedStdout();
    },
    get stderr() {
      return process.stderr;
    },
    get stdin() {
      return process.stdin;
    },
    get color() {
      return wantsColor && guardedStdout().isTTY;
    },
    print: (text) => {
      guardedStdout().write(text);
    },
    note: (text) => {
      process.stderr.write(`${text}\n`);
    },
  };
}

const STORE_OF_A_DISK = '/var/lib/cutaway';

/** CUTAWAY_ENGINES is the same as --engine, for scripts: names with commas between. */
function readEngines(
  host: Host,
  evidence: string | undefined,
  global: GlobalOptions,
): EnginesSetting {
  const usual = (host.environment['CUTAWAY_ENGINES'] ?? '').split(',').filter(Boolean);
  const roots = global.engineRoots.map((text): [string, string] => {
    const [, name, root] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name !== undefined && root !== undefined) return [name, absolute(root)];
    throw new CutawayError('INVALID_INPUT', `--engine-root is ENGINE=DIR, not "${text}"`);
  });
  return {
    host: evidence === undefined ? undefined : rootedHost(host, evidence),
    dataRoot: absolute(
      global.dataRoot ?? (evidence === undefined ? defaultDataRoot(host) : STORE_OF_A_DISK),
    ),
    only: global.engines.length > 0 ? global.engines : usual,
    roots: new Map(roots),
  };
}

let isGuarded = false;

/** A reader that has seen enough (`cutaway tree x | head`) is no error. */
function guardedStdout(): NodeJS.WriteStream {
  const { stdout } = process;
  if (isGuarded) return stdout;
  isGuarded = true;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 2);
  });
  return stdout;
}

function absolute(path: string): string {
  const clean = path.replace(/(?<=.)\/+$/, '');
  return clean.startsWith('/') ? clean : `${process.cwd()}/${clean}`;
}

/** The store, to act on: what a killed command left behind is cleaned up first. */
export async function contextStore(context: Context): Promise<Store> {
  const store = openStore(context.host, context.dataRoot);
  await reconcile(store);
  return store;
}
