// The life of one path: what each layer did to it, from the base up.
import { compareEntries, type ChangeAspect } from './compare-entries.js';
import type { OrdinaryEntry } from './layer-entry.js';
import type { LayerIndex } from './layer-index.js';
import { mergeLayers } from './merge.js';
import { pathAndParents, pruneLayers } from './prune-layers.js';

export type BlameKind =
  | 'added'
  /** Made again after it had been gone. */
  | 'remade'
  | 'changed'
  /** Shipped once more with nothing changed. */
  | 'repeated'
  /** By something of another type. */
  | 'replaced'
  /** A directory around it was renamed to where it is. */
  | 'moved'
  /** By a whiteout, of it or of a directory around it. */
  | 'deleted'
  /** By a directory around it that is opaque now, or no directory any more. */
  | 'hidden'
  /** A whiteout of what was not there. */
  | 'void';

export interface BlameEvent {
  /** 1 is the base. */
  readonly layer: number;
  readonly kind: BlameKind;
  /** What the path was called then: another one before a rename. */
  readonly path: string;
  /** Of `changed` and `replaced`: what differs. */
  readonly aspects: readonly ChangeAspect[];
  /** The version it left; absent when it is gone. */
  readonly entry?: OrdinaryEntry;
  /** Of a metacopy: the layer that has the content. */
  readonly contentLayer?: number;
  /** What did it: of `deleted`, `hidden` and `void`. */
  readonly by?: Taker;
  /** Of `moved`: what the layers below call it. */
  readonly from?: string;
}

export interface Taker {
  readonly path: string;
  readonly what: 'whiteout' | 'opaque' | 'renamed' | 'not-a-directory';
}

/** Base first; empty when no layer has the path or a whiteout of it. */
export function blamePath(layers: readonly LayerIndex[], path: string): BlameEvent[] {
  return lifeOf(layers, path, layers.length);
}

/** A version of the path: where its metadata and its content come from. */
interface Version {
  readonly rank: number;
  /** In its layer. */
  readonly path: string;
  readonly entry: OrdinaryEntry;
  readonly contentLayer: number | undefined;
}

function lifeOf(all: readonly LayerIndex[], path: string, upTo: number): BlameEvent[] {
  const layers = all.slice(0, upTo);
  const pruned = pruneLayers(layers, path);
  const events: BlameEvent[] = [];
  let before: Version | undefined;
  for (const [rank, layer] of layers.entries()) {
    // Merging goes from the top down: what this layer does not touch stays as it is.
    if (!touches(pruned[rank], path)) continue;
    const now = versionAt(layers, pruned.slice(0, rank + 1), path);
    const event = compareVersions({ layer, rank, path }, before, now, events);
    if (event?.kind === 'moved' && event.from !== undefined && events.length === 0) {
      events.push(...lifeOf(layers, event.from, rank));
    }
    if (event !== undefined) events.push(event);
    before = now;
  }
  return events;
}

/** Whether the layer names the path or a directory around it; every layer has a root. */
function touches(layer: LayerIndex | undefined, path: string): boolean {
  const parts = path === '/' ? ['/'] : pathAndParents(path).slice(1);
  return layer !== undefined && parts.some((part) => layer.find(part) !== undefined);
}

function versionAt(
  layers: readonly LayerIndex[],
  pruned: readonly LayerIndex[],
  path: string,
): Version | undefined {
  const tree = mergeLayers(pruned);
  const row = tree.row(path);
  if (row === -1) return undefined;
  const { rank, row: source } = tree.claim(row);
  const there = pruned[rank]?.entry(source).path ?? path;
  const entry = layers[rank]?.find(there);
  if (entry?.marker !== 'ordinary') return undefined;
  const { entry: merged, content } = tree.entry(row);
  if (content === undefined) return { rank, path: there, entry, contentLayer: undefined };
  const { size, sha256 } = merged;
  const whole = { ...entry, size, ...(sha256 === undefined ? {} : { sha256 }) };
  return { rank, path: there, entry: whole, contentLayer: content.layer };
}

interface Step {
  readonly layer: LayerIndex;
  readonly rank: number;
  readonly path: string;
}

function compareVersions(
  step: Step,
  before: Version | undefined,
  now: Version | undefined,
  events: readonly BlameEvent[],
): BlameEvent | undefined {
  if (now === undefined) return before === undefined ? findVoid(step) : findEnd(step);
  const { entry, contentLayer } = now;
  const at = { layer: step.rank + 1, path: step.path, aspects: [], entry };
  const left = contentLayer === undefined ? at : { ...at, contentLayer };
  if (now.rank < step.rank) {
    const isSame = before?.rank === now.rank && before.path === now.path;
    return isSame ? undefined : { ...left, kind: 'moved', from: now.path };
  }
  if (before === undefined) {
    const wasThere = events.some((event) => event.entry !== undefined);
    return { ...left, kind: wasThere ? 'remade' : 'added' };
  }
  if (before.entry.implicit === true && entry.implicit === true) return undefined;
  const aspects = compareEntries(before.entry, entry, { time: true });
  if (before.entry.type !== entry.type) return { ...left, kind: 'replaced', aspects };
  return { ...left, kind: aspects.length === 0 ? 'repeated' : 'changed', aspects };
}

/** It was there and is no more. */
function findEnd(step: Step): BlameEvent | undefined {
  const by = findTaker(step);
  if (by === undefined) return undefined;
  const kind = by.what === 'whiteout' ? 'deleted' : 'hidden';
  return { layer: step.rank + 1, path: step.path, aspects: [], kind, by };
}

/** It was not there and is not. */
function findVoid(step: Step): BlameEvent | undefined {
  const by = findTaker(step);
  if (by?.path !== step.path) return undefined;
  return { layer: step.rank + 1, path: step.path, aspects: [], kind: 'void', by };
}

/** What of a layer took the path away: the outermost thing that did. */
function findTaker({ layer, path }: Step): Taker | undefined {
  for (const part of pathAndParents(path)) {
    const entry = layer.find(part);
    if (entry === undefined) continue;
    if (entry.marker === 'whiteout') return { path: part, what: 'whiteout' };
    if (part === path) return undefined;
    if (entry.type !== 'directory') return { path: part, what: 'not-a-directory' };
    if (entry.redirect !== undefined) return { path: part, what: 'renamed' };
    // The kernel never looks at the opaque mark of a layer's top directory (see merge.ts).
    if (entry.opaque === true && part !== '/') return { path: part, what: 'opaque' };
  }
  return undefined;
}
