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
  const { entries, root, totals } = document;
  const places = layOut(document);
  const owners = entries.reduce((most, { uid, gid }) => Math.max(most, `${uid}:${gid}`.length), 0);
  const layers = String(document.layers.length).length;
  const lines: string[] = [];
  for (const { path, entry, branches, depth } of places) {
    if (depth > view.depth) continue;
    const name = path === root || path === '/' ? path : path.slice(path.lastIndexOf('/') + 1);
    if (entry === undefined) {
      const mark = view.theme.dim(String(document.only?.layer ?? '').padStart(layers));
      const facts = 'deleted'.padEnd(10 + 2 + owners + 2 + 8);
      lines.push(`${mark}  ${view.theme.deleted(`${facts}  ${branches}${safeName(name)}`)}`);
      continue;
    }
    const facts = [
      modeText(entry),
      `${entry.uid}:${entry.gid}`.padStart(owners),
      sizeText(entry).padStart(8),
    ].join('  ');
    const text = `${facts}  ${branches}${nameText(entry, name, view)}`;
    const mark = layerMark(document, entry, layers, view);
    lines.push(`${mark}  ${entry.above === true ? view.theme.dim(text) : text}`);
  }
  const files = formatNumberOf(totals.files, 'file', 'files');
  const directories = formatNumberOf(totals.directories, 'directory', 'directories');
  const size = formatSize(totals.contentSize);
  const deleted = document.whiteouts === undefined ? '' : `, ${document.whiteouts.length} deleted`;
  const summary = `${files}, ${directories}, ${size}${deleted}`;
  lines.push('', summary, ...legend(document, view));
  return `${lines.join('\n')}\n`;
}

interface Place {
  readonly path: string;
  /** Undefined for what the layer deletes. */
  readonly entry: TreeEntry | undefined;
  readonly branches: string;
  readonly depth: number;
}

/** Everything in the order of the document; what a directory loses comes last in it. */
function layOut(document: TreeDocument): Place[] {
  const { entries, root } = document;
  const top = entries[0]?.path === root ? entries[0] : undefined;
  const children = groupChildren(document, top);
  const places: Place[] = [];
  if (top !== undefined) places.push({ path: root, entry: top, branches: '', depth: 0 });
  const first = top === undefined ? parentOf(root) : root;
  const todo = [{ list: children.get(first) ?? [], at: 0, lead: '' }];
  for (let level = todo.at(-1); level !== undefined; level = todo.at(-1)) {
    const next = level.list[level.at];
    if (next === undefined) {
      todo.pop();
      continue;
    }
    level.at += 1;
    const isLast = level.at === level.list.length;
    const branches = `${level.lead}${isLast ? '└─ ' : '├─ '}`;
    places.push({ ...next, branches, depth: todo.length });
    const below = children.get(next.path);
    if (below === undefined) continue;
    todo.push({ list: below, at: 0, lead: `${level.lead}${isLast ? '   ' : '│  '}` });
  }
  return places;
}

type Children = Map<string, { path: string; entry: TreeEntry | undefined }[]>;

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function groupChildren(
  { entries, whiteouts = [] }: TreeDocument,
  top: TreeEntry | undefined,
): Children {
  const children: Children = new Map();
  const put = (path: string, entry: TreeEntry | undefined) => {
    const parent = parentOf(path);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [{ path, entry }]);
    else siblings.push({ path, entry });
  };
  for (const entry of top === undefined ? entries : entries.slice(1)) put(entry.path, entry);
  for (const { path } of whiteouts) put(path, undefined);
  return children;
}

function layerMark(document: TreeDocument, entry: TreeEntry, width: number, view: View): string {
  const layer = document.layers[entry.layer - 1];
  const mark = layer?.role === 'upper' ? 'U' : layer?.role === 'init' ? 'i' : String(entry.layer);
  const text = mark.padStart(width);
  return layer?.role === 'upper' ? view.theme.added(text) : view.theme.dim(text);
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
