// The port of host.ts on a live Linux machine.
import * as os from 'node:os';
import * as child from './child.js';
import * as children from './linux-children.js';
import * as files from './linux-files.js';
import * as mounts from './linux-mount.js';
import * as namespaces from './linux-namespaces.js';
import * as writer from './linux-writer.js';
import { stopOutputProcessing } from './termios.js';
import { createUnnamedFile } from './unnamed-file.js';
import type { Host } from './host.js';

/** What needs node:net or node:tty, which take their time to load, and is needed by few. */
const LATER: Pick<
  Host,
  'listenLocal' | 'connectLocal' | 'inheritedChannel' | 'openConsoleSocket' | 'openTerminal'
> = {
  listenLocal: async (...arguments_) =>
    await (await import('./local-socket.js')).listenLocal(...arguments_),
  connectLocal: async (path) => await (await import('./local-socket.js')).connectLocal(path),
  inheritedChannel: async (fd) => (await import('./local-socket.js')).inheritedChannel(fd),
  openConsoleSocket: async (path) => (await import('./console.js')).openConsoleSocket(path),
  openTerminal: async (fd) => (await import('./console.js')).openTerminal(fd),
};

export function linuxHost(): Host {
  return {
    environment: process.env,
    effectiveUid: process.geteuid?.() ?? 0,
    processId: process.pid,
    architecture: process.arch,
    now: () => Date.now(),
    monotonic: () => process.hrtime.bigint(),
    hostName: () => os.hostname(),
    kernelRelease: () => os.release(),
    ...files,
    readText: (path, limit) => files.readFile(path, limit).toString('utf8'),
    ...namespaces,
    ...mounts,
    ...writer,
    spawn: child.spawn,
    run: child.run,
    findProgram: child.findProgram,
    ...children,
    ...LATER,
    stopOutputProcessing,
    createUnnamedFile,
  };
}
