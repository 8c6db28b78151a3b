// A place on the disk where overlays are built, mounted and taken down.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import type { OverlayMount } from '../../../src/host/host.js';
import { linuxHost } from '../../../src/host/linux-host.js';

export const host = linuxHost();

/** How the engines here mount: nothing but merging. */
export const PLAIN = ['index=off', 'metacopy=off', 'redirect_dir=off'];

export interface Bench {
  readonly root: string;
  /** A new empty directory. */
  readonly directory: (name: string) => string;
  readonly mount: (mount: Omit<OverlayMount, 'target'>) => string;
  readonly unmount: (target: string) => void;
  /** Unmounts what is mounted and removes everything. */
  readonly clear: () => void;
}

export function openBench(): Bench {
  const root = fs.mkdtempSync(join(os.tmpdir(), 'cutaway-overlay-'));
  const mounted = new Set<string>();
  let count = 0;
  const directory = (name: string): string => {
    const path = join(root, name);
    fs.mkdirSync(path);
    return path;
  };
  const unmount = (target: string): void => {
    host.unmount(target);
    mounted.delete(target);
  };
  return {
    root,
    directory,
    mount(mount) {
      const target = directory(`merged-${(count += 1)}`);
      host.mountOverlay({ options: PLAIN, ...mount, target });
      mounted.add(target);
      return target;
    },
    unmount,
    clear() {
      for (const target of mounted) unmount(target);
      // Unlike Node's own, rm(1) copes with paths longer than PATH_MAX.
      execFileSync('rm', ['-rf', '--one-file-system', root]);
    },
  };
}

/** Why overlays cannot be mounted here, or undefined when they can. */
export function whyNoOverlay(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting an overlay needs root';
  const bench = openBench();
  try {
    const lower = [bench.directory('one'), bench.directory('two')];
    bench.mount({ lower });
    return undefined;
  } catch (error) {
    return `this machine mounts no overlay: ${error instanceof Error ? error.message : '?'}`;
  } finally {
    bench.clear();
  }
}
