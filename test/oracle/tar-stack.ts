// Random stacks as images: every layer written as a tar, in the words that a tar has.
import * as fs from 'node:fs';
import { parentPath } from '../../src/image/tar-path.js';
import { encodeName } from '../../src/oci/byte-name.js';
import type { LayerEntry, OrdinaryEntry } from '../../src/overlay/layer-entry.js';
import type { LayerIndex } from '../../src/overlay/layer-index.js';
import { openBench } from '../overlay/oracle/bench.js';
import { NAMES } from '../overlay/oracle/random-layer.js';
import { indexStack, makeStack } from '../overlay/oracle/random-stack.js';
import { makeRandom, type Random } from '../overlay/oracle/random.js';
import { buildLayer, type LayerItem } from '../support/build-image.js';

/** A file called `.wh.a` is what no tar can say. */
const TAR_NAMES = NAMES.filter((name) => !name.startsWith('.wh.'));

/**
 * - `any`: as it comes; the specification asks for no order.
 * - `parents-first`: what stands in a directory is after it.
 * - `sorted`: by path, an opaque marker right after its directory, as engines write layers.
 * In the first two a directory that hides what is below may be a whiteout of its own name.
 */
export type TarOrder = 'any' | 'parents-first' | 'sorted';

/** The uncompressed tars of a random stack, base first. */
export async function makeTarStack(seed: number, order: TarOrder, most = 40): Promise<Buffer[]> {
  const random = makeRandom(seed);
  const bench = openBench();
  try {
    const plan = { prefix: 'trusted.', xwhiteouts: false, redirects: false, names: TAR_NAMES };
    const directories = await makeStack(bench, random, plan, most);
    return indexStack(directories, 'trusted.').map((layer, at) =>
      buildLayer(itemsOf(layer, directories[at] ?? '', random, order)),
    );
  } finally {
    bench.clear();
  }
}

/** Items are sorted by `at`. */
interface Placed {
  readonly at: number;
  readonly item: LayerItem;
}

function itemsOf(
  layer: LayerIndex,
  directory: string,
  random: Random,
  order: TarOrder,
): LayerItem[] {
  const places = new Map<string, number>();
  const said: Placed[] = [];
  /** After all of these paths, and else anywhere. */
  const place = (...after: readonly string[]): number => {
    if (order === 'sorted') return said.length;
    const low = Math.max(0, ...after.map((path) => places.get(path) ?? 0));
    return low + (random.below(1e9) / 1e9) * (1 - low);
  };
  for (const entry of layer.entries) {
    const { path } = entry;
    const parents = order === 'any' || path === '/' ? [] : [parentPath(path)];
    if (entry.marker === 'whiteout') {
      if (canBeSaid(entry))
        said.push({ at: place(...parents), item: { path: whiteoutPath(path) } });
      continue;
    }
    const { hardLinkTo, opaque } = entry;
    const isLost = hardLinkTo !== undefined && !places.has(hardLinkTo);
    if (isLost || !canBeSaid(entry)) continue;
    const at = place(...parents, ...(hardLinkTo === undefined ? [] : [hardLinkTo]));
    places.set(path, at);
    said.push({ at, item: itemOf(entry, directory, order) });
    if (opaque !== true) continue;
    const isWhiteout = order !== 'sorted' && random.chance(0.3);
    const marker = isWhiteout ? whiteoutPath(path) : inTar(`${path}/${OPAQUE}`);
    const above = isWhiteout || order === 'any' ? parents : [path];
    said.push({ at: place(...above), item: { path: marker } });
  }
  return said.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

const OPAQUE = '.wh..wh..opq';

/** Sockets are not in tars, and the long names of this test's tars are text. */
function canBeSaid(entry: LayerEntry): boolean {
  if (entry.marker === 'ordinary' && entry.type === 'socket') return false;
  return encodeName(entry.path).length < 90 || !/[\ud800-\udfff]/.test(entry.path);
}

function inTar(path: string): string {
  return path === '/' ? './' : path.slice(1);
}

function whiteoutPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return inTar(`${path.slice(0, slash)}/.wh.${path.slice(slash + 1)}`);
}

/** Like archivers, what is said of a second name repeats what was said of the first. */
function itemOf(entry: OrdinaryEntry, directory: string, order: TarOrder): LayerItem {
  const { path, type, mode, uid, gid, mtime, hardLinkTo, linkTarget, major, minor } = entry;
  const seconds = Number(BigInt(mtime) / 1_000_000_000n);
  const common = { path: inTar(path), mode, uid, gid, mtime: seconds };
  const xattrs = attributesOf(entry, order);
  if (hardLinkTo !== undefined) {
    return { ...common, type: 'link', linkTarget: inTar(hardLinkTo), xattrs };
  }
  return {
    ...common,
    ...(type === 'socket' ? {} : { type }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(major === undefined || minor === undefined ? {} : { major, minor }),
    ...(type === 'file' ? { content: fs.readFileSync(encodeName(directory + path)) } : {}),
    xattrs,
  };
}

/** overlayfs's own have no place in a tar; docs/overlay.md says what Docker does with default ACLs. */
function attributesOf({ xattrs = {} }: OrdinaryEntry, order: TarOrder): Record<string, Buffer> {
  const own = Object.entries(xattrs).filter(
    ([name]) =>
      !name.includes('overlay.') && (order !== 'sorted' || name !== 'system.posix_acl_default'),
  );
  return Object.fromEntries(own.map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}
