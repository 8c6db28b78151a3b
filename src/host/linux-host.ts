// The port of host.ts on a live Linux machine.
import * as os from 'node:os';
import * as child from './child.js';
import * as files from './linux-files.js';
import * as mounts from './linux-mount.js';
import * as namespaces from './linux-namespaces.js';
import * as writer from './linux-writer.js';
import { createUnnamedFile } from './unnamed-file.js';
import type { Host } from './host.js';

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
    ...child,
    createUnnamedFile,
  };
}
