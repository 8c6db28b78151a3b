// A layer as a directory with kernel markers, full of what layers seldom hold.
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { decodeName, encodeName } from '../../../src/oci/byte-name.js';
import { host } from './bench.js';
import type { Random } from './random.js';

/** Few names, so that layers meet; their order by text differs from that by path. */
export const NAMES: readonly string[] = [
  'a',
  'a.b',
  'a-b',
  'b',
  'c',
  'bin',
  '.wh.a',
  'ä\u2713\u{1f4a3}',
  decodeName(Buffer.from([0x62, 0xff, 0xfe])),
  'new\nline',
  ' : , \\ ',
  `${'n'.repeat(254)}1`,
];

const KINDS = [
  ...Array<string>(6).fill('directory'),
  ...Array<string>(5).fill('file'),
  ...Array<string>(3).fill('whiteout'),
  'symlink',
  'symlink',
  'hardlink',
  'hardlink',
  'char',
  'block',
  'fifo',
  'socket',
];

export interface LayerPlan {
  readonly random: Random;
  /** `trusted.` or `user.`: who reads the markers. */
  readonly prefix: string;
  /** Some whiteouts are xattrs, most of them in directories marked `x`. */
  readonly xwhiteouts: boolean;
  /** A socket beside the layer: making one takes a server, so its names are links to this. */
  readonly socket: string;
}

/** A socket file, which no system call of Node makes by itself. */
export async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.live`, resolve));
  fs.linkSync(`${path}.live`, path);
  await new Promise((resolve) => server.close(resolve));
}

export function makeLayer(plan: LayerPlan, top: string): void {
  const earlier: string[] = [];
  fillDirectory(plan, top, 0, earlier, false);
  dress(plan, top, 'directory');
}

function fillDirectory(
  plan: LayerPlan,
  directory: string,
  depth: number,
  earlier: string[],
  marked: boolean,
): void {
  const { random } = plan;
  const names = new Set(
    Array.from({ length: random.below(depth === 0 ? 16 : 9) }, () => random.pick(NAMES)),
  );
  for (const name of names) {
    const path = `${directory}/${name}`;
    if (Buffer.byteLength(path) > 3000) continue;
    const kind = random.pick(KINDS);
    if (kind === 'directory' && depth < 5) makeDirectory(plan, path, depth, earlier);
    else if (plan.xwhiteouts && random.chance(marked ? 0.4 : 0.03)) makeXattrWhiteout(plan, path);
    else makeLeaf(plan, path, kind === 'directory' ? 'file' : kind, earlier);
  }
}

function makeDirectory(plan: LayerPlan, path: string, depth: number, earlier: string[]): void {
  const { random } = plan;
  fs.mkdirSync(encodeName(path));
  const opaque = random.chance(0.2);
  const marked = !opaque && plan.xwhiteouts && random.chance(0.3);
  fillDirectory(plan, path, depth + 1, earlier, marked);
  dress(plan, path, 'directory');
  const value = opaque ? 'y' : marked ? 'x' : undefined;
  if (value !== undefined) setOverlay(plan, path, 'opaque', value);
}

function setOverlay(plan: LayerPlan, path: string, name: string, value: string): void {
  const { mtime } = host.lstat(path);
  host.setXattr(path, `${plan.prefix}overlay.${name}`, Buffer.from(value));
  host.setModifiedTime(path, mtime);
}

function makeXattrWhiteout(plan: LayerPlan, path: string): void {
  host.writeFile(path, '');
  setOverlay(plan, path, 'whiteout', '');
}

function makeLeaf(plan: LayerPlan, path: string, kind: string, earlier: string[]): void {
  const { random } = plan;
  switch (kind) {
    case 'whiteout':
      host.makeNode(path, 'char', 0, 0, 0);
      return;
    case 'hardlink':
      if (earlier.length > 0) {
        fs.linkSync(encodeName(random.pick(earlier)), encodeName(path));
        return;
      }
      host.writeFile(path, 'alone');
      break;
    case 'symlink':
      host.createSymlink(random.pick([...NAMES, '/etc/passwd', '../..', 'a/./b']), path);
      break;
    case 'char':
    case 'block':
      host.makeNode(path, kind, 1 + random.below(300), random.below(70000), 0o600);
      break;
    case 'fifo':
      host.makeNode(path, 'fifo', 0, 0, 0o644);
      break;
    case 'socket':
      fs.linkSync(plan.socket, encodeName(path));
      return;
    default:
      host.writeFile(path, random.chance(0.2) ? '' : `content ${random.below(1e6)}`);
  }
  dress(plan, path, kind);
  earlier.push(path);
}

/** Owner first: chown takes setuid away. */
function dress(plan: LayerPlan, path: string, kind: string): void {
  const { random } = plan;
  // user. is for files and directories only: xattr(7).
  const hasUserXattrs = kind === 'file' || kind === 'directory';
  if (random.chance(0.3)) host.setOwner(path, random.below(70000), random.below(5));
  if (kind !== 'symlink')
    host.setMode(path, random.pick([0o755, 0o644, 0o4755, 0o2711, 0o1777, 0o600, 0]));
  if (random.chance(0.25)) {
    const space = hasUserXattrs ? random.pick(['user.', 'trusted.']) : 'trusted.';
    host.setXattr(path, `${space}note`, Buffer.from([random.below(256), 0, 255]));
  }
  if (random.chance(0.1) && (hasUserXattrs || plan.prefix === 'trusted.')) {
    host.setXattr(
      path,
      `${plan.prefix}overlay.overlay.${random.pick(['opaque', 'odd'])}`,
      Buffer.from('y'),
    );
  }
  host.setModifiedTime(
    path,
    BigInt(random.below(2 ** 31)) * 1_000_000_000n + BigInt(random.below(1e9)),
  );
}
