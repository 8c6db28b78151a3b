// What have later layers deleted, overwritten or hidden that is still in the image?
import { CutawayError } from '../oci/error.js';
import { digestOf, FILE, pathOf, typeAt, type LayerColumns } from '../overlay/layer-columns.js';
import type { Claim } from '../overlay/directory-cursors.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import { visitHidden, type Fate, type HiddenEntry } from '../overlay/hidden-entries.js';
import { encodeName, isUtf8Name } from '../oci/byte-name.js';
import { shellWord } from './command-line.js';
import { makeDocument } from './document.js';
import type { Origin } from './documents/origin.js';
import type { LostEntry, RecoverDocument } from './documents/recover.js';
import { entryRecord } from './entry-facts.js';
import { layerOrigins } from './origins.js';
import { pathMatcher } from './path-glob.js';
import { mergeStack, targetStack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export interface RecoverOptions {
  /** Only paths that match, and what is beneath them; see `pathMatcher`. */
  readonly path?: string;
  /** Only what this layer has. */
  readonly layer?: number;
  /** Only files whose content is nowhere in the final tree. */
  readonly unique?: boolean;
}

export async function inspectRecover(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: RecoverOptions = {},
): Promise<RecoverDocument> {
  const matches = options.path === undefined ? undefined : pathMatcher(options.path);
  const stack = await targetStack(context, target, { hash: true });
  const layers = stack.layers.map(({ index }) => index);
  refuseLayer(options.layer, layers.length);
  const tree = mergeStack(stack);
  const origins = layerOrigins(context, target, stack);
  const found: Found[] = [];
  visitHidden(layers, tree, ({ claim, fate, by }) => {
    if (options.layer !== undefined && claim.rank + 1 !== options.layer) return;
    const columns = layers[claim.rank]?.columns;
    if (columns === undefined || matches?.(pathOf(columns, claim.row)) === false) return;
    found.push({ claim, fate, by });
  });
  const asked = { target: target.subject.target, origins, tree, places: findContents(tree, found) };
  const rows = found
    .map((one) => describe(asked, one))
    .filter((row) => options.unique !== true || isUnique(row));
  const answer = { layers: origins, totals: countRows(rows), entries: deletedFirst(rows) };
  const problems = [...stack.problems, ...tree.problems];
  return makeDocument(context.host, 'recover', target.subject, answer, problems);
}

type Found = Pick<HiddenEntry, 'claim' | 'fate' | 'by'>;

function refuseLayer(layer: number | undefined, count: number): void {
  if (layer === undefined || (layer >= 1 && layer <= count)) return;
  throw new CutawayError('NOT_FOUND', `there is no layer ${layer}: there are ${count}`);
}

/** The first path of the final tree that has each content, of those that were found. */
function findContents(tree: MergedTree, found: readonly Found[]): ReadonlyMap<string, string> {
  const wanted = new Set<string>();
  const places = new Map<string, string>();
  // Most of the tree is something else: a few bits say so, without a string for each file.
  const beginnings = new Set<number>();
  for (const { claim } of found) {
    const columns = tree.sources[claim.rank]?.columns;
    const sha256 = columns === undefined ? undefined : digestOf(columns, claim.row);
    if (columns === undefined || sha256 === undefined) continue;
    wanted.add(sha256);
    beginnings.add(digestStart(columns, claim.row));
  }
  for (let row = 0; row < tree.count && wanted.size > 0; row += 1) {
    const { rank, row: source } = tree.claim(row);
    const columns = tree.sources[rank]?.columns;
    if (columns === undefined) continue;
    const isMetacopy = columns.rare.get(source)?.metacopy === true;
    if (!isMetacopy && !beginnings.has(digestStart(columns, source))) continue;
    const sha256 = visibleDigest(tree, row);
    if (sha256 === undefined || !wanted.delete(sha256)) continue;
    places.set(sha256, tree.entry(row).entry.path);
  }
  return places;
}

/** The first 30 bits: a small integer to V8. -1 for none. */
function digestStart({ digest, digests }: LayerColumns, row: number): number {
  const number = digest[row] ?? 0;
  if (number === 0) return -1;
  const at = (number - 1) * 32;
  const [a = 0, b = 0, c = 0, d = 0] = [
    digests[at],
    digests[at + 1],
    digests[at + 2],
    digests[at + 3],
  ];
  return ((a << 22) | (b << 14) | (c << 6) | (d >> 2)) & 0x3fffffff;
}

/** At its own path, or else at the first. */
function findContent(
  tree: MergedTree,
  places: ReadonlyMap<string, string>,
  { type, path, sha256 }: OrdinaryEntry,
): string | undefined {
  const place = type === 'file' && sha256 !== undefined ? places.get(sha256) : undefined;
  if (place === undefined) return undefined;
  const row = tree.row(path);
  return row !== -1 && visibleDigest(tree, row) === sha256 ? path : place;
}

function visibleDigest(tree: MergedTree, row: number): string | undefined {
  const { rank, row: source } = tree.claim(row);
  const columns = tree.sources[rank]?.columns;
  if (columns === undefined || typeAt(columns, source) !== FILE) return undefined;
  if (columns.rare.get(source)?.metacopy === true) return tree.entry(row).entry.sha256;
  return digestOf(columns, source);
}

interface Asked {
  readonly target: string;
  readonly origins: readonly Origin[];
  readonly tree: MergedTree;
  readonly places: ReadonlyMap<string, string>;
}

function describe({ target, origins, tree, places }: Asked, { claim, fate, by }: Found): LostEntry {
  const layer = claim.rank + 1;
  const entry = ordinaryAt(tree, claim);
  const takers = tree.sources[by.rank]?.columns;
  const byPath = takers === undefined ? entry.path : pathOf(takers, by.row);
  const command = origins[by.rank]?.command;
  const stillAt = findContent(tree, places, entry);
  const lost: Writable<LostEntry> = Object.assign(entryRecord(entry), {
    layer,
    fate,
    goneIn: by.rank + 1,
    by: byPath,
  });
  if (!isUtf8Name(byPath)) lost.byBase64 = encodeName(byPath).toString('base64');
  if (command !== undefined) lost.command = command;
  if (stillAt !== undefined) {
    lost.stillAt = stillAt;
    if (!isUtf8Name(stillAt)) lost.stillAtBase64 = encodeName(stillAt).toString('base64');
  }
  if (entry.type !== 'file') return lost;
  const words = [target, entry.path].map(shellWord).join(' ');
  lost.get = `cutaway cat ${words} --layer ${layer}`;
  return lost;
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

function ordinaryAt(tree: MergedTree, { rank, row }: Claim): OrdinaryEntry {
  const entry = tree.sources[rank]?.entry(row);
  if (entry?.marker === 'ordinary') return entry;
  throw new RangeError(`row ${row} of layer ${rank + 1} is no entry`);
}

/** An empty file has nothing to lose. */
function isUnique(row: LostEntry): boolean {
  return row.type === 'file' && row.size > 0 && row.stillAt === undefined;
}

function countRows(rows: readonly LostEntry[]): RecoverDocument['totals'] {
  const fates: Record<Fate, number> = { deleted: 0, hidden: 0, replaced: 0, overwritten: 0 };
  const all = { files: 0, size: 0 };
  const unique = { files: 0, size: 0 };
  for (const row of rows) {
    fates[row.fate] += 1;
    if (row.type !== 'file') continue;
    const bytes = row.hardLinkTo === undefined ? row.size : 0;
    all.files += 1;
    all.size += bytes;
    if (!isUnique(row)) continue;
    unique.files += 1;
    unique.size += bytes;
  }
  return { entries: rows.length, ...all, ...fates, unique };
}

/** They come by path and layer. */
function deletedFirst(rows: readonly LostEntry[]): LostEntry[] {
  const isDeleted = ({ fate }: LostEntry) => fate === 'deleted';
  return [...rows.filter(isDeleted), ...rows.filter((row) => !isDeleted(row))];
}
