// A layer's tar becomes a directory that overlayfs understands. GNU tar unpacks, because it
// knows every xattr and sparse form and restores them byte for byte; the index decides what it
// is given and which kernel whiteouts and opaque marks are made afterwards.
import type { Writable } from 'node:stream';
import type { TarSink } from '../../image/tar-forwarder.js';
import { CutawayError } from '../../oci/error.js';
import type { Host } from '../../host/host.js';
import type { OrdinaryEntry } from '../../overlay/layer-entry.js';
import { DIRECTORY, typeAt } from '../../overlay/layer-columns.js';
import type { LayerIndex } from '../../overlay/layer-index.js';
import { whyNoPath } from '../../overlay/linux-limits.js';
import type { MergedTree } from '../../overlay/merged-tree.js';
import { kernelMarkers } from '../../overlay/whiteout.js';

export interface Unpacking {
  /** Takes the safe part of the tar. */
  readonly sink: TarSink;
  /** Waits for the last byte to be on its way to the disk. */
  finish(): Promise<void>;
  /** Ends it early; what is there already stays for the caller to remove. */
  abort(): void;
}

const TAR_ARGUMENTS = [
  '--extract',
  '--file=-',
  '--numeric-owner',
  '--same-owner',
  '--preserve-permissions',
  '--xattrs',
  '--xattrs-include=*',
  '--delay-directory-restore',
  '--warning=no-timestamp',
  '--warning=no-unknown-keyword',
];

/** Starts GNU tar in `directory`, which must be empty. */
export function startUnpacking(host: Host, directory: string): Unpacking {
  const tar = host.findProgram('tar');
  if (tar === undefined) {
    throw new CutawayError('UNAVAILABLE', 'unpack a layer: GNU tar is not installed', {
      hint: 'apt-get install -y tar',
    });
  }
  const child = host.spawn([tar, `--directory=${directory}`, ...TAR_ARGUMENTS], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'pipe',
    environment: { LC_ALL: 'C' },
  });
  const stdin = child.stdin;
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (complaint.length < 4096) complaint += chunk.toString('utf8');
  });
  // A tar that dies closes its end; its exit status tells why.
  stdin?.on('error', () => undefined);
  // Many writes may wait for the same drain.
  let draining: Promise<void> | undefined;
  return {
    sink: {
      write: (bytes) => {
        if (stdin === undefined || stdin.destroyed || stdin.write(bytes)) return undefined;
        draining ??= drained(stdin).then(() => {
          draining = undefined;
        });
        return draining;
      },
      end: () => {
        stdin?.end();
      },
    },
    finish: async () => {
      const { exitCode, signal } = await child.ended;
      if (exitCode === 0) return;
      // Of a full disk it complains in several ways, and of that one last.
      if (/No space left/.test(complaint)) {
        throw new CutawayError('UNAVAILABLE', 'unpack layer: no space left on device', {
          hint: 'the file system is full: free some space',
          data: { errno: 'ENOSPC' },
        });
      }
      const reason = complaint.trim().split('\n')[0] ?? '';
      throw new CutawayError(
        'CORRUPT',
        `unpack layer: tar ended with ${exitCode ?? signal ?? 'an error'}: ${reason}`,
      );
    },
    abort: () => {
      child.kill('SIGKILL');
    },
  };
}

/** Resolves also when the reader is gone. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      stream.off('drain', goOn);
      stream.off('close', goOn);
      resolve();
    };
    stream.on('drain', goOn);
    stream.on('close', goOn);
  });
}

/** Marks what the layer deletes, and gives directories without an entry their metadata. */
export function finishDirectory(
  host: Host,
  directory: string,
  index: LayerIndex,
  lower: () => MergedTree,
): void {
  const { whiteouts, opaque } = kernelMarkers(index);
  const touched = new Set<string>();
  for (const path of whiteouts) {
    ensureParents(host, directory, path);
    host.makeNode(directory + path, 'char', 0, 0, 0);
    touched.add(parentOf(path));
  }
  for (const path of opaque) {
    if (host.findStatus(directory + path) === undefined) {
      ensureParents(host, directory, path);
      host.createDirectory(directory + path);
    }
    host.setXattr(directory + path, 'trusted.overlay.opaque', Buffer.from('y'));
  }
  // Deepest first: giving a directory its metadata must not change that of its parent.
  for (let row = index.count - 1; row >= 0; row -= 1) {
    if (typeAt(index.columns, row) !== DIRECTORY) continue;
    const entry = index.entry(row);
    if (entry.marker === 'whiteout' || whyNoPath(entry.path) !== undefined) continue;
    if (entry.implicit === true) {
      const below = lower().find(entry.path)?.entry;
      const known = below?.type === 'directory' ? below : entry;
      if (host.findStatus(directory + entry.path) === undefined) continue;
      applyMetadata(host, directory + entry.path, known);
    } else if (touched.has(entry.path)) {
      host.setModifiedTime(directory + entry.path, BigInt(entry.mtime));
    }
  }
}

function ensureParents(host: Host, directory: string, path: string): void {
  const parent = parentOf(path);
  if (parent === '/' || host.findStatus(directory + parent) !== undefined) return;
  ensureParents(host, directory, parent);
  host.createDirectory(directory + parent);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function applyMetadata(host: Host, path: string, entry: OrdinaryEntry): void {
  host.setOwner(path, entry.uid, entry.gid);
  host.setMode(path, entry.mode);
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    host.setXattr(path, name, Buffer.from(value, 'base64'));
  }
  host.setModifiedTime(path, BigInt(entry.mtime));
}
