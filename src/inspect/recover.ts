// What have later layers deleted, overwritten or hidden that is still in the image?
import { CutawayError } from '../oci/error.js';
import { digestOf, FILE, pathOf, typeAt } from '../overlay/layer-columns.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import { visitHidden, type Fate, type HiddenEntry } from '../overlay/hidden-entries.js';
import { encodeName, isUtf8Name } from '../oci/byte-name.js';
import { shellWord } from './command-line.js';
import { makeDocument } from './document.js';
import type { Origin } from './documents/origin.js';
import type { LostEntry, RecoverDocument } from './documents/recover.js';
import { entryFacts, pathFacts } from './entry-facts.js';
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
  const matches = options.path === undefined ? () => true : pathMatcher(options.path);
  const stack = await targetStack(context, target, { hash: true });
  const layers = stack.layers.map(({ index }) => index);
  refuseLayer(options.layer, layers.length);
  const tree = mergeStack(stack);
  const origins = layerOrigins(context, target, stack);
  const found: Found[] = [];
  visitHidden(layers, tree, (hidden) => {
    if (options.layer !== undefined && hidden.claim.rank + 1 !== options.layer) return;
    const entry = layers[hidden.claim.rank]?.entry(hidden.claim.row);
    if (entry?.marker === 'ordinary' && matches(entry.path)) found.push({ hidden, entry });
  });
  const places = findContents(tree, found);
  const rows = found
    .map((one) => describe(origins, tree, one, places))
    .filter((row) => options.unique !== true || isUnique(row));
  const answer = {
    layers: origins,
    totals: countRows(rows),
    entries: deletedFirst(rows).map((row) => withCommand(row, target.subject.target)),
  };
  return makeDocument(context.host, 'recover', target.subject, answer, stack.problems);
}

interface Found {
  readonly hidden: HiddenEntry;
  readonly entry: OrdinaryEntry;
}

function refuseLayer(layer: number | undefined, count: number): void {
  if (layer === undefined || (layer >= 1 && layer <= count)) return;
  throw new CutawayError('NOT_FOUND', `there is no layer ${layer}: there are ${count}`);
}

/** The first path of the final tree that has each content, of those that were found. */
function findContents(tree: MergedTree, found: readonly Found[]): ReadonlyMap<string, string> {
  const wanted = new Set<string>();
  const places = new Map<string, string>();
  for (const { entry } of found) {
    if (entry.type === 'file' && entry.sha256 !== undefined) wanted.add(entry.sha256);
  }
  for (let row = 0; row < tree.count && wanted.size > 0; row += 1) {
    const sha256 = visibleDigest(tree, row);
    if (sha256 === undefined || !wanted.delete(sha256)) continue;
    places.set(sha256, tree.entry(row).entry.path);
  }
  return places;
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

function describe(
  origins: readonly Origin[],
  tree: MergedTree,
  { hidden, entry }: Found,
  places: ReadonlyMap<string, string>,
): LostEntry {
  const { claim, fate, by } = hidden;
  const columns = tree.sources[by.rank]?.columns;
  const byPath = columns === undefined ? entry.path : pathOf(columns, by.row);
  const command = origins[by.rank]?.command;
  const stillAt = findContent(tree, places, entry);
  return {
    ...pathFacts(entry.path),
    layer: claim.rank + 1,
    fate,
    goneIn: by.rank + 1,
    by: byPath,
    ...(isUtf8Name(byPath) ? {} : { byBase64: encodeName(byPath).toString('base64') }),
    ...(command === undefined ? {} : { command }),
    ...entryFacts(entry),
    ...(stillAt === undefined ? {} : { stillAt }),
    ...(stillAt === undefined || isUtf8Name(stillAt)
      ? {}
      : { stillAtBase64: encodeName(stillAt).toString('base64') }),
  };
}

function withCommand(row: LostEntry, target: string): LostEntry {
  if (row.type !== 'file') return row;
  const words = [target, row.path].map(shellWord).join(' ');
  return { ...row, get: `cutaway cat ${words} --layer ${row.layer}` };
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
