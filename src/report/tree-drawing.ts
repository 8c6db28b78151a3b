import type { TreeDocument, TreeEntry } from '../inspect/documents/tree.js';
import { modeText } from './mode-text.js';
import { formatNumberOf, formatSize } from './size.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

export interface TreeView extends View {
  /** Levels of directories beneath the root that are drawn; Infinity for all. */
  readonly depth: number;
}

/** One line for each path: layer, mode, owner, size, and the name in its place in the tree. */
export function formatTree(document: TreeDocument, view: TreeView): string {
  const { entries, root } = document;
  const owners = entries.reduce((most, entry) => Math.max(most, ownerText(entry).length), 0);
  const marks = layerMarks(document, view);
  const lines: string[] = [];
  drawBranches(listPlaces(document), root, view.depth, ({ path, entry }, branches) => {
    const name = path === root || path === '/' ? path : path.slice(path.lastIndexOf('/') + 1);
    if (entry === undefined) {
      const facts = 'deleted'.padEnd(10 + 2 + owners + 2 + 8);
      const text = view.theme.deleted(`${facts}  ${branches}${safeName(name)}`);
      lines.push(`${marks[document.only?.layer ?? 0] ?? ''}  ${text}`);
      return;
    }
    const facts = `${modeText(entry)}  ${ownerText(entry).padStart(owners)}  ${sizeText(entry).padStart(8)}`;
    const text = `${facts}  ${branches}${nameText(entry, name, view)}`;
    const mark = marks[entry.layer] ?? '';
    lines.push(`${mark}  ${entry.above === true ? view.theme.dim(text) : text}`);
  });
  lines.push('', summary(document), ...legend(document, view));
  return `${lines.join('\n')}\n`;
}

function summary({ totals, whiteouts }: TreeDocument): string {
  const files = formatNumberOf(totals.files, 'file', 'files');
  const directories = formatNumberOf(totals.directories, 'directory', 'directories');
  const deleted = whiteouts === undefined ? '' : `, ${whiteouts.length} deleted`;
  return `${files}, ${directories}, ${formatSize(totals.contentSize)}${deleted}`;
}

function ownerText({ uid, gid }: TreeEntry): string {
  return uid === 0 && gid === 0 ? '0:0' : `${uid}:${gid}`;
}

interface Place {
  readonly path: string;
  /** Undefined for what the layer deletes. */
  readonly entry: TreeEntry | undefined;
}

/** Everything in the order of the document; what a directory loses comes last in it. */
function listPlaces({ entries, whiteouts = [] }: TreeDocument): Place[] {
  const places: Place[] = [];
  const lost = groupByParent(whiteouts);
  /** Directories that lose something, in which we are. */
  const open: string[] = [];
  const closeUntil = (isIn: (directory: string) => boolean) => {
    for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
      if (isIn(directory)) return;
      open.pop();
      putLost(directory);
    }
  };
  const putLost = (directory: string) => {
    for (const path of lost.get(directory) ?? []) places.push({ path, entry: undefined });
    lost.delete(directory);
  };
  for (const entry of entries) {
    const { path } = entry;
    if (open.length > 0) closeUntil((directory) => isBeneath(path, directory));
    places.push({ path, entry });
    if (lost.has(path)) open.push(path);
  }
  closeUntil(() => false);
  for (const directory of lost.keys()) putLost(directory);
  return places;
}

function groupByParent(whiteouts: readonly { readonly path: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { path } of whiteouts) {
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    const group = groups.get(parent);
    if (group === undefined) groups.set(parent, [path]);
    else group.push(path);
  }
  return groups;
}

function isBeneath(path: string, directory: string): boolean {
  return directory === '/' || path.startsWith(`${directory}/`);
}

/**
 * The lines that lead to each place. Places are in the order of a walk, so that a place is the last
 * one in its directory when nothing of its depth comes before something less deep.
 */
function drawBranches(
  places: readonly Place[],
  root: string,
  deepest: number,
  draw: (place: Place, branches: string) => void,
): void {
  const top = depthOf(root);
  const depths = Uint16Array.from(places, ({ path }) => depthOf(path) - top);
  const isLast = findLast(depths);
  const leads = [''];
  for (const [at, place] of places.entries()) {
    const depth = depths[at] ?? 0;
    if (depth > deepest) continue;
    if (depth === 0) {
      draw(place, '');
      continue;
    }
    const lead = leads[depth - 1] ?? '';
    leads[depth] = lead + (isLast[at] === 1 ? '   ' : '│  ');
    draw(place, lead + (isLast[at] === 1 ? '└─ ' : '├─ '));
  }
}

/** 1 for what has no sibling after it. */
function findLast(depths: Uint16Array): Uint8Array {
  const isLast = new Uint8Array(depths.length);
  const hasMore: boolean[] = [];
  for (let at = depths.length - 1; at >= 0; at -= 1) {
    const depth = depths[at] ?? 0;
    isLast[at] = hasMore[depth] === true ? 0 : 1;
    hasMore.length = depth + 1;
    hasMore[depth] = true;
  }
  return isLast;
}

function depthOf(path: string): number {
  if (path === '/') return 0;
  let depth = 0;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth += 1;
  return depth;
}

/** By the number of the layer; 0 is none. */
function layerMarks({ layers }: TreeDocument, { theme }: View): string[] {
  const width = String(layers.length).length;
  const marks = layers.map(({ layer, role }) => {
    const mark = role === 'upper' ? 'U' : role === 'init' ? 'i' : String(layer);
    const text = mark.padStart(width);
    return role === 'upper' ? theme.added(text) : theme.dim(text);
  });
  return [theme.dim(''.padStart(width)), ...marks];
}

function sizeText(entry: TreeEntry): string {
  if (entry.device !== undefined) return entry.device.replace(':', ', ');
  if (entry.treeSize !== undefined) return formatSize(entry.treeSize);
  return entry.type === 'file' ? formatSize(entry.size) : '';
}

function nameText(entry: TreeEntry, name: string, view: View): string {
  const shown = safeName(name);
  const painted = entry.type === 'directory' ? view.theme.bold(shown) : shown;
  if (entry.linkTarget !== undefined) return `${painted} → ${safeName(entry.linkTarget)}`;
  if (entry.hardLinkTo !== undefined) return `${painted} = ${safeName(entry.hardLinkTo)}`;
  return entry.opaque === true ? `${painted}  (hides what is below)` : painted;
}

function legend(document: TreeDocument, view: View): string[] {
  return document.layers.map(({ layer, role, command }) => {
    const mark = role === 'upper' ? 'U' : role === 'init' ? 'i' : String(layer);
    const text =
      role === 'upper'
        ? 'what the container has written'
        : role === 'init'
          ? 'mount points for the runtime'
          : safeText(command ?? '');
    return view.theme.dim(`${mark.padStart(3)}  ${text}`);
  });
}
