import type { Host } from '../host/host.js';
import { linuxHost } from '../host/linux-host.js';
import { hostPlatform, type Platform } from '../oci/platform.js';
import { makeTheme, type Theme, type View } from '../report/theme.js';
import { reconcile } from '../runtime/reconcile.js';
import { defaultDataRoot } from '../runtime/store/paths.js';
import { openStore, readStore, type ReadStore, type Store } from '../runtime/store/store.js';

/** What every command is given: the machine, the streams, and what was set for all commands. */
export interface Context {
  readonly host: Host;
  readonly dataRoot: string;
  readonly platform: Platform;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly color: boolean;
  /** Writes data to stdout. */
  print(text: string): void;
  /** Writes a message to stderr. */
  note(text: string): void;
}

export interface GlobalOptions {
  readonly dataRoot: string | undefined;
  readonly noColor: boolean;
}

export function makeContext(global: GlobalOptions): Context {
  const host = linuxHost();
  const { stdout, stderr, stdin } = process;
  const noColor = host.environment['NO_COLOR'];
  return {
    host,
    dataRoot: absolute(global.dataRoot ?? defaultDataRoot(host)),
    platform: hostPlatform(host.architecture),
    stdout,
    stderr,
    stdin,
    color: stdout.isTTY && !global.noColor && (noColor === undefined || noColor === ''),
    print: (text) => {
      stdout.write(text);
    },
    note: (text) => {
      stderr.write(`${text}\n`);
    },
  };
}

function absolute(path: string): string {
  const clean = path.replace(/(?<=.)\/+$/, '');
  return clean.startsWith('/') ? clean : `${process.cwd()}/${clean}`;
}

/** The store, to be read: made by nobody, changed by nobody. */
export function contextReadStore(context: Context): ReadStore {
  return readStore(context.host, context.dataRoot);
}

/** The store, to act on: what a killed command left behind is cleaned up first. */
export async function contextStore(context: Context): Promise<Store> {
  const store = openStore(context.host, context.dataRoot);
  await reconcile(store);
  return store;
}

export function contextTheme(context: Context): Theme {
  return makeTheme(context.color);
}

export function contextView(context: Context, options: { noTrunc: boolean }): View {
  return {
    theme: contextTheme(context),
    width: context.stdout.isTTY ? context.stdout.columns : Infinity,
    noTrunc: options.noTrunc,
    now: context.host.now(),
  };
}
