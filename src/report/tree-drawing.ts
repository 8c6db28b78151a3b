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
  const last = lastSiblings(entries);
  const owners = Math.max(0, ...entries.map(({ uid, gid }) => `${uid}:${gid}`.length));
  const layers = String(document.layers.length).length;
  const lines: string[] = [];
  for (const entry of entries) {
    const depth = depthBelow(entry.path, root);
    if (depth > view.depth) continue;
    const facts = [
      layerMark(document, entry, layers, view),
      modeText(entry),
      `${entry.uid}:${entry.gid}`.padStart(owners),
      sizeText(entry).padStart(8),
    ].join('  ');
    lines.push(`${facts}  ${branches(entry.path, root, last)}${nameText(entry, root, view)}`);
  }
  const files = formatNumberOf(totals.files, 'file', 'files');
  const directories = formatNumberOf(totals.directories, 'directory', 'directories');
  const size = formatSize(totals.contentSize);
  lines.push('', `${files}, ${directories}, ${size}`, ...legend(document, view));
  return `${lines.join('\n')}\n`;
}

function layerMark(document: TreeDocument, entry: TreeEntry, width: number, view: View): string {
  const layer = document.layers[entry.layer - 1];
  const mark = layer?.role === 'upper' ? 'U' : layer?.role === 'init' ? 'i' : String(entry.layer);
  const text = mark.padStart(width);
  return layer?.role === 'upper' ? view.theme.added(text) : view.theme.dim(text);
}

function sizeText(entry: TreeEntry): string {
  if (entry.device !== undefined) return entry.device.replace(':', ', ');
  return entry.type === 'file' ? formatSize(entry.size) : '';
}

function nameText(entry: TreeEntry, root: string, view: View): string {
  const { path } = entry;
  const whole = path === root || path === '/';
  const name = whole ? path : path.slice(path.lastIndexOf('/') + 1);
  const shown = safeName(name);
  const painted = entry.type === 'directory' ? view.theme.bold(shown) : shown;
  if (entry.linkTarget !== undefined) return `${painted} → ${safeName(entry.linkTarget)}`;
  if (entry.hardLinkTo !== undefined) return `${painted} = ${safeName(entry.hardLinkTo)}`;
  return painted;
}

function depthBelow(path: string, root: string): number {
  if (path === root) return 0;
  const rest = root === '/' ? path : path.slice(root.length);
  return rest.split('/').length - 1;
}

/** Whether each path is the last of its siblings: read backwards, the first one seen is. */
function lastSiblings(entries: readonly TreeEntry[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const last = new Set<string>();
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const path = entries[at]?.path ?? '';
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!seen.has(parent)) last.add(path);
    seen.add(parent);
  }
  return last;
}

function branches(path: string, root: string, last: ReadonlySet<string>): string {
  const depth = depthBelow(path, root);
  if (depth === 0) return '';
  const base = root === '/' ? '' : root;
  const parts = path.slice(base.length + 1).split('/');
  let drawn = '';
  let ancestor = base;
  for (const part of parts.slice(0, -1)) {
    ancestor = `${ancestor}/${part}`;
    drawn += last.has(ancestor) ? '   ' : '│  ';
  }
  return `${drawn}${last.has(path) ? '└─ ' : '├─ '}`;
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
