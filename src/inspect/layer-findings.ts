// What differs between a layer and its directory, in words and with the values that differ.
import type { ReadHost } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import type { IdShift, LayerDifference, LayerDifferenceKind } from '../overlay/compare-layers.js';
import type { LayerEntry } from '../overlay/layer-entry.js';
import { hashBeneath, type ContentSums } from './changed-files.js';
import type { EntryFacts } from './documents/entry.js';
import type { VerifyFinding, VerifyState } from './documents/verify.js';
import { entryFacts, pathFacts } from './entry-facts.js';

export interface FindingPlace {
  readonly host: ReadHost;
  readonly directory: string;
  readonly ids?: IdShift | undefined;
  readonly changed: ReadonlyMap<string, { expected: ContentSums; found: ContentSums }>;
}

type Shown = 'type' | 'mode' | 'uid' | 'gid' | 'size' | 'mtime' | 'linkTarget' | 'hardLinkTo';

/** What is told of both sides, beside what must be told of everything. */
const SHOWN: Readonly<Record<LayerDifferenceKind, readonly Shown[]>> = {
  type: ['type', 'mode', 'size', 'linkTarget', 'mtime'],
  size: ['size', 'mtime'],
  content: ['mtime'],
  link: ['linkTarget', 'mtime'],
  device: ['mtime'],
  hardLink: ['hardLinkTo', 'mtime'],
  mode: ['mode'],
  owner: ['uid', 'gid'],
  xattrs: [],
  mtime: ['mtime'],
  missing: ['type', 'mode', 'size', 'linkTarget'],
  added: ['type', 'mode', 'uid', 'gid', 'size', 'mtime', 'linkTarget', 'hardLinkTo'],
  whiteout: ['type'],
  opaque: [],
};

export async function toFindings(
  differences: readonly LayerDifference[],
  place: FindingPlace,
): Promise<Omit<VerifyFinding, 'layer'>[]> {
  const findings: Omit<VerifyFinding, 'layer'>[] = [];
  for (const difference of differences) findings.push(await toFinding(difference, place));
  return findings;
}

async function toFinding(
  difference: LayerDifference,
  place: FindingPlace,
): Promise<Omit<VerifyFinding, 'layer'>> {
  const { kind, path, beneath } = difference;
  const sums = place.changed.get(path);
  const wanted = expectedEntry(difference, place);
  const entries = beneath === undefined ? {} : { entries: beneath };
  const expected: VerifyState = {
    ...stateOf(difference, wanted),
    ...(kind === 'missing' ? entries : {}),
    ...sumOf(wanted),
    ...(kind === 'content' ? sums?.expected : {}),
  };
  const found: VerifyState = {
    ...stateOf(difference, difference.found),
    ...(kind === 'added' ? entries : {}),
    ...(kind === 'content' ? sums?.found : await foundSum(difference, place)),
  };
  return {
    finding: kind,
    ...pathFacts(path),
    message: messageOf(difference, wanted, difference.found),
    ...(difference.expected === undefined ? {} : { expected: only(kind, expected) }),
    ...(difference.found === undefined ? {} : { found: only(kind, found) }),
  };
}

const HAS_SUM: ReadonlySet<LayerDifferenceKind> = new Set(['content', 'size', 'missing', 'added']);

function only(kind: LayerDifferenceKind, state: VerifyState): VerifyState {
  if (HAS_SUM.has(kind)) return state;
  const { sha256, ...rest } = state;
  return sha256 === undefined ? state : rest;
}

/** With the ids as they must be on the disk. */
function expectedEntry(
  { expected }: LayerDifference,
  { ids }: FindingPlace,
): LayerEntry | undefined {
  if (expected?.marker !== 'ordinary' || ids === undefined) return expected;
  return { ...expected, uid: ids.uid(expected.uid), gid: ids.gid(expected.gid) };
}

function stateOf(difference: LayerDifference, entry: LayerEntry | undefined): VerifyState {
  if (entry === undefined) return {};
  if (entry.marker === 'whiteout') return { type: 'whiteout' };
  const { kind } = difference;
  const facts = entryFacts(entry);
  const state: Record<string, unknown> = {};
  for (const key of SHOWN[kind]) if (facts[key] !== undefined) state[key] = facts[key];
  if (facts.type !== 'file') delete state['size'];
  if (facts.linkTargetBase64 !== undefined && 'linkTarget' in state) {
    state['linkTargetBase64'] = facts.linkTargetBase64;
  }
  if (kind === 'device') state['device'] = facts.device;
  if (kind === 'opaque') state['opaque'] = entry.opaque === true;
  if (kind === 'xattrs') Object.assign(state, xattrsOf(difference, entry, facts));
  return state;
}

/** Only those that are not the same on both sides. */
function xattrsOf(
  { expected, found }: LayerDifference,
  entry: LayerEntry,
  { xattrs = {} }: EntryFacts,
): VerifyState {
  const other = entry === found ? expected : found;
  const others = other?.marker === 'ordinary' ? (other.xattrs ?? {}) : {};
  const differing = Object.entries(xattrs).filter(([name, value]) => others[name] !== value);
  return {
    xattrs: Object.fromEntries(differing),
    ...(entry.marker === 'ordinary' && entry.redirect !== undefined
      ? { redirect: entry.redirect }
      : {}),
    ...(entry.marker === 'ordinary' && entry.metacopy === true ? { metacopy: true } : {}),
  };
}

function sumOf(entry: LayerEntry | undefined): ContentSums {
  return entry?.marker === 'ordinary' && entry.sha256 !== undefined ? { sha256: entry.sha256 } : {};
}

/** A hole of a terabyte costs nothing to put there and hours to read. */
const HASHED = 1 << 30;

async function foundSum(
  { kind, path, found }: LayerDifference,
  { host, directory }: FindingPlace,
): Promise<ContentSums> {
  if (kind !== 'size' && kind !== 'added') return {};
  if (found?.marker !== 'ordinary' || found.type !== 'file' || found.size > HASHED) return {};
  try {
    return { sha256: await hashBeneath(host, directory, path) };
  } catch (error) {
    if (error instanceof CutawayError) return {};
    throw error;
  }
}

function messageOf(
  { kind, beneath = 0 }: LayerDifference,
  expected: LayerEntry | undefined,
  found: LayerEntry | undefined,
): string {
  const [before, after] = [factsOf(expected), factsOf(found)];
  const more = beneath === 0 ? '' : ` with ${beneath} entries in it`;
  const change = (what: string, was: unknown, is: unknown) =>
    `${what} is ${String(is)}, was ${String(was)}`;
  const messages: Readonly<Record<LayerDifferenceKind, () => string>> = {
    type: () => change('type', before.type, after.type),
    size: () => change('size', before.size, after.size),
    content: () => 'other bytes, the same size',
    link: () => change('target', before.linkTarget, after.linkTarget),
    device: () => change('device', before.device, after.device),
    hardLink: () =>
      after.hardLinkTo === undefined
        ? 'no longer a name of the same file as others'
        : `a name of the same file as ${after.hardLinkTo}`,
    mode: () => change('mode', before.mode, after.mode),
    owner: () => change('owner', `${before.uid}:${before.gid}`, `${after.uid}:${after.gid}`),
    xattrs: () => 'other extended attributes',
    mtime: () => change('mtime', before.mtime, after.mtime),
    missing: () => `${before.type ?? 'entry'}${more} is not there`,
    added: () => `${after.type ?? 'entry'}${more} is not in the layer`,
    whiteout: () =>
      found?.marker === 'whiteout'
        ? `deleted by a whiteout${expected === undefined ? ' that is not in the layer' : ''}`
        : 'its whiteout is gone: what the layer deletes is back',
    opaque: () =>
      found?.marker === 'ordinary' && found.opaque === true
        ? 'opaque: it hides what the layers below have in it'
        : 'no longer opaque: what the layer hides is back',
  };
  return messages[kind]();
}

function factsOf(entry: LayerEntry | undefined): Partial<EntryFacts> {
  return entry?.marker === 'ordinary' ? entryFacts(entry) : {};
}
