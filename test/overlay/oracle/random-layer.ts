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

/** Fewer still, so that redirects find what they name. */
export const FEW_NAMES: readonly string[] = NAMES.slice(0, 6);

export interface LayerPlan {
  readonly random: Random;
  readonly names: readonly string[];
  /** At most so many names in a directory, at the top twice as many. */
  readonly width: number;
  /** `trusted.` or `user.`: who reads the markers. */
  readonly prefix: string;
  /** Some whiteouts are xattrs, most of them in directories marked `x`. */
  readonly xwhiteouts: boolean;
  /** Directories that were renamed and files without content, as mounts that know of them make. */
  readonly redirects: boolean;
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
  const count = random.below(depth === 0 ? 2 * plan.width : plan.width);
  const names = new Set(Array.from({ length: count }, () => random.pick(plan.names)));
  for (const name of names) {
    const path = `${directory}/${name}`;
    if (Buffer.byteLength(path) > 3000) continue;
    const kind = random.pick(KINDS);
    if (kind === 'directory' && depth < 5) makeDirectory(plan, path, depth, earlier);
    else if (plan.redirects && kind === 'file' && random.chance(0.4)) makeMetacopy(plan, path);
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
  if (plan.redirects && random.chance(0.3)) setOverlay(plan, path, 'redirect', someTarget(plan));
}

/** A name, an absolute path or, seldom, what the kernel takes for neither. */
function someTarget({ random, names }: LayerPlan): string {
  if (random.chance(0.03)) return random.pick(['', '/', 'a/b', '/a//b', '/a/', '..', '/a/../b']);
  if (random.chance(0.5)) return random.pick(names);
  const depth = 1 + random.below(3);
  return Array.from({ length: depth }, () => `/${random.pick(names)}`).join('');
}

/** The metadata of a file whose content a layer below has, under this or another name. */
function makeMetacopy(plan: LayerPlan, path: string): void {
  const { random } = plan;
  // "content NNNNNN", so that it may fit what is below.
  host.writeFile(path, '');
  fs.truncateSync(encodeName(path), 14);
  dress(plan, path, 'file');
  setOverlay(plan, path, 'metacopy', random.pick(['', '\0\x04\0\0']));
  if (random.chance(0.6)) setOverlay(plan, path, 'redirect', someTarget(plan));
}

function setOverlay(plan: LayerPlan, path: string, name: string, value: string): void {
  const { mtime } = host.lstat(path);
  host.setXattr(path, `${plan.prefix}overlay.${name}`, encodeName(value));
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
      host.writeFile(path, random.chance(0.2) ? '' : someContent(random));
  }
  dress(plan, path, kind);
  earlier.push(path);
}

function someContent(random: Random): string {
  return `content ${String(random.below(1e6)).padStart(6, '0')}`;
}

/** Owner first: chown takes setuid and capabilities away. An ACL's mask changes the mode. */
function dress(plan: LayerPlan, path: string, kind: string): void {
  const { random } = plan;
  if (random.chance(0.3)) host.setOwner(path, random.below(70000), random.below(5));
  if (kind !== 'symlink')
    host.setMode(path, random.pick([0o755, 0o644, 0o4755, 0o2711, 0o1777, 0o600, 0]));
  addAttributes(plan, path, kind);
  addSecurity(random, path, kind);
  host.setModifiedTime(
    path,
    BigInt(random.below(2 ** 31)) * 1_000_000_000n + BigInt(random.below(1e9)),
  );
}

function addAttributes({ random, prefix }: LayerPlan, path: string, kind: string): void {
  // user. is for files and directories only: xattr(7).
  const hasUserXattrs = kind === 'file' || kind === 'directory';
  const set = (name: string, value: Buffer) => {
    if (hasUserXattrs || name.startsWith('trusted.')) host.setXattr(path, name, value);
  };
  if (random.chance(0.25)) {
    const space = hasUserXattrs ? random.pick(['user.', 'trusted.']) : 'trusted.';
    set(`${space}note`, Buffer.from([random.below(256), 0, 255]));
  }
  if (random.chance(0.1))
    set(`${prefix}overlay.overlay.${random.pick(['opaque', 'odd'])}`, Buffer.from('y'));
  // The other kind of mount's machinery is an attribute like any other here.
  const other = prefix === 'user.' ? 'trusted.' : 'user.';
  if (random.chance(0.05)) set(`${other}overlay.opaque`, Buffer.from('y'));
}

function addSecurity(random: Random, path: string, kind: string): void {
  if (kind === 'file' && random.chance(0.1))
    host.setXattr(path, 'security.capability', capability(random));
  if (kind !== 'symlink' && random.chance(0.1))
    host.setXattr(path, 'system.posix_acl_access', accessList(random));
  if (kind === 'directory' && random.chance(0.1))
    host.setXattr(path, 'system.posix_acl_default', accessList(random));
}

/** linux/capability.h: version 2, the effective bit, and the two sets in halves. */
function capability(random: Random): Buffer {
  const value = Buffer.alloc(20);
  value.writeUInt32LE(0x02000000 | random.below(2), 0);
  value.writeUInt32LE(1 << random.below(31), 4);
  return value;
}

/** linux/posix_acl_xattr.h: version 2, then tag, permissions and id of each entry. */
function accessList(random: Random): Buffer {
  const user = random.below(70000);
  const entries = [
    [0x01, 6, 0xffffffff],
    [0x02, random.below(8), user],
    [0x04, random.below(8), 0xffffffff],
    [0x10, random.below(8), 0xffffffff],
    [0x20, random.below(8), 0xffffffff],
  ] as const;
  const value = Buffer.alloc(4 + 8 * entries.length);
  value.writeUInt32LE(2, 0);
  for (const [at, [tag, permissions, id]] of entries.entries()) {
    value.writeUInt16LE(tag, 4 + 8 * at);
    value.writeUInt16LE(permissions, 6 + 8 * at);
    value.writeUInt32LE(id, 8 + 8 * at);
  }
  return value;
}
