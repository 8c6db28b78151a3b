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
  layOut(document, view.depth, ({ path, entry, branches }) => {
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
  readonly branches: string;
}

/** Everything in the order of the document; what a directory loses comes last in it. */
function layOut(document: TreeDocument, depth: number, draw: (place: Place) => void): void {
  const { entries, root } = document;
  const top = entries[0]?.path === root ? entries[0] : undefined;
  const children = groupChildren(document, top);
  if (top !== undefined) draw({ path: root, entry: top, branches: '' });
  const first = top === undefined ? parentOf(root) : root;
  const todo = depth > 0 ? [{ list: children.get(first) ?? [], at: 0, lead: '' }] : [];
  for (let level = todo.at(-1); level !== undefined; level = todo.at(-1)) {
    const next = level.list[level.at];
    if (next === undefined) {
      todo.pop();
      continue;
    }
    level.at += 1;
    const isLast = level.at === level.list.length;
    const { path, entry } = next;
    draw({ path, entry, branches: `${level.lead}${isLast ? '└─ ' : '├─ '}` });
    const below = todo.length < depth ? children.get(path) : undefined;
    if (below === undefined) continue;
    todo.push({ list: below, at: 0, lead: `${level.lead}${isLast ? '   ' : '│  '}` });
  }
}

type Children = Map<string, { readonly path: string; readonly entry: TreeEntry | undefined }[]>;

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
