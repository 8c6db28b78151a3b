// What a program does to a mounted overlay, at random. Refusals are part of it: a directory of a
// lower layer cannot be renamed (EXDEV), a full one cannot be removed (ENOTEMPTY).
import * as fs from 'node:fs';
import { encodeName } from '../../../src/oci/byte-name.js';
import { CutawayError } from '../../../src/oci/error.js';
import { host } from './bench.js';
import { NAMES } from './random-layer.js';
import type { Random } from './random.js';

type Write = (random: Random, path: string, other: string) => void;

const bytes = encodeName;

const WRITES: readonly Write[] = [
  (random, path) => {
    fs.writeFileSync(bytes(path), `new ${random.below(1000)}`, { flag: 'wx' });
  },
  (random, path) => {
    onlyFile(path, () => {
      fs.writeFileSync(bytes(path), `written ${random.below(1000)}`);
    });
  },
  (_random, path) => {
    onlyFile(path, () => {
      fs.appendFileSync(bytes(path), '+');
    });
  },
  (_random, path) => {
    onlyFile(path, () => {
      fs.closeSync(fs.openSync(bytes(path), 'r+'));
    });
  },
  (random, path) => {
    onlyFile(path, () => {
      fs.truncateSync(bytes(path), random.below(4));
    });
  },
  (_random, path) => {
    fs.mkdirSync(bytes(path));
  },
  (_random, path) => {
    fs.unlinkSync(bytes(path));
  },
  (_random, path) => {
    fs.rmdirSync(bytes(path));
  },
  (_random, path) => {
    fs.rmSync(bytes(path), { recursive: true });
  },
  (_random, path) => {
    fs.rmSync(bytes(path), { recursive: true });
    fs.mkdirSync(bytes(path));
  },
  (random, path) => {
    fs.rmSync(bytes(path), { recursive: true });
    fs.writeFileSync(bytes(path), `instead ${random.below(1000)}`);
  },
  (_random, path, other) => {
    fs.renameSync(bytes(path), bytes(other));
  },
  (_random, path, other) => {
    fs.linkSync(bytes(path), bytes(other));
  },
  (random, path) => {
    host.createSymlink(random.pick(NAMES), path);
  },
  (random, path) => {
    host.makeNode(path, random.pick(['char', 'block', 'fifo']), 1, random.below(9) + 1, 0o640);
  },
  (random, path) => {
    if (host.lstat(path).type !== 'symlink')
      host.setMode(path, random.pick([0o755, 0o600, 0o4711]));
  },
  (random, path) => {
    host.setOwner(path, random.below(3), random.below(3));
  },
  (random, path) => {
    host.setModifiedTime(path, BigInt(random.below(2 ** 31)) * 1_000_000_000n);
  },
  (random, path) => {
    host.setXattr(path, 'trusted.note', Buffer.from([random.below(3)]));
  },
];

/** What opens by name must not follow a link out of here, hang on a FIFO or reach a device. */
function onlyFile(path: string, write: () => void): void {
  if (host.findStatus(path)?.type === 'file') write();
}

/** How many of the operations succeeded. */
export function writeAtRandom(random: Random, top: string, count: number): number {
  let done = 0;
  for (let at = 0; at < count; at += 1) {
    const write = random.pick(WRITES);
    const path = somePath(random, top);
    const other = somePath(random, top);
    try {
      write(random, path, other);
      done += 1;
    } catch (error) {
      if (!(error instanceof CutawayError) && !(error instanceof Error && 'errno' in error))
        throw error;
    }
  }
  return done;
}

/** A path that exists, or would by one more name. */
function somePath(random: Random, top: string): string {
  let path = top;
  for (let depth = 0; depth < 5; depth += 1) {
    const names = host.readDirectory(path).map((entry) => entry.name);
    const name =
      names.length === 0 || random.chance(0.25) ? random.pick(NAMES) : random.pick(names);
    path = `${path}/${name}`;
    if (host.findStatus(path)?.type !== 'directory' || random.chance(0.35)) break;
  }
  return path;
}
