// Random stacks as images: every layer written as a tar, in the words that a tar has.
import * as fs from 'node:fs';
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

export interface TarOrder {
  /**
   * Entries in any order, a directory that hides what is below also as a whiteout of its own name:
   * the specification allows it, and Docker does not take it.
   */
  readonly any: boolean;
}

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

function itemsOf(
  layer: LayerIndex,
  directory: string,
  random: Random,
  { any }: TarOrder,
): LayerItem[] {
  const items: LayerItem[] = [];
  const links: LayerItem[] = [];
  const said = (path: string | undefined) => {
    const entry = path === undefined ? undefined : layer.find(path);
    return entry === undefined || canBeSaid(entry);
  };
  for (const entry of layer.entries) {
    if (!canBeSaid(entry)) continue;
    if (entry.marker === 'ordinary' && !said(entry.hardLinkTo)) continue;
    if (entry.marker === 'ordinary') {
      const isLink = entry.hardLinkTo !== undefined;
      (isLink ? links : items).push(itemOf(entry, directory));
      if (entry.opaque !== true) continue;
      const asWhiteout = any && random.chance(0.3);
      items.push({
        path: asWhiteout ? whiteoutPath(entry.path) : inTar(`${entry.path}/${OPAQUE}`),
      });
    } else items.push({ path: whiteoutPath(entry.path) });
  }
  if (any) shuffle(random, items);
  // A link is after what it links to, wherever that is.
  return [...items, ...links];
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

function itemOf(entry: OrdinaryEntry, directory: string): LayerItem {
  const { path, type, mode, uid, gid, mtime, hardLinkTo, linkTarget, major, minor } = entry;
  if (hardLinkTo !== undefined) {
    return { path: inTar(path), type: 'link', linkTarget: inTar(hardLinkTo) };
  }
  return {
    path: inTar(path),
    ...(type === 'socket' ? {} : { type }),
    ...{ mode, uid, gid, mtime: Number(BigInt(mtime) / 1_000_000_000n) },
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(major === undefined || minor === undefined ? {} : { major, minor }),
    ...(type === 'file' ? { content: fs.readFileSync(encodeName(directory + path)) } : {}),
    xattrs: attributesOf(entry),
  };
}

/** What is overlayfs's own has no place in a tar. */
function attributesOf({ xattrs = {} }: OrdinaryEntry): Record<string, Buffer> {
  const own = Object.entries(xattrs).filter(([name]) => !name.includes('overlay.'));
  return Object.fromEntries(own.map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}

function shuffle(random: Random, items: LayerItem[]): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const [a, b] = [items[at], items[other]];
    if (a === undefined || b === undefined) continue;
    items[at] = b;
    items[other] = a;
  }
}
