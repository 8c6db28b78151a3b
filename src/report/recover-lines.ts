// What is still in the image, a line for each path, and below it the layers that took it away.
import type { LostEntry, RecoverDocument } from '../inspect/documents/recover.js';
import { cut } from './cut.js';
import { layerMark, layerStep } from './layer-mark.js';
import { formatCount, formatNumberOf, formatSize } from './size.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

export function formatRecover(document: RecoverDocument, view: View): string {
  const { entries, layers } = document;
  const head = heading(document, view).join('\n');
  if (entries.length === 0) return `${head}\n`;
  const widths = TITLES.map((title) => title.length);
  const used = new Set<number>();
  // There may be a great many: nothing is kept of a line but the line.
  for (const entry of entries) {
    for (const [at, cell] of cellsOf(document, entry).entries()) {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    }
    used.add(entry.layer).add(entry.goneIn);
  }
  let lines = `${head}\n\n${view.theme.heading(rowOf(TITLES, widths, 'PATH'))}\n`;
  for (const entry of entries) {
    lines += `${rowOf(cellsOf(document, entry), widths, pathText(entry, view))}\n`;
  }
  const legend = layers
    .filter(({ layer }) => used.has(layer))
    .map((origin) => {
      const text = `${layerMark(origin).padStart(5)}   ${layerStep(origin)}`;
      return `${view.theme.dim(view.noTrunc ? text : cut(text, view.width))}\n`;
    });
  const example = entries.find(({ get }) => get !== undefined)?.get;
  const hint = example === undefined ? '' : `\n${safeText(example)}\n`;
  return `${lines}\n${legend.join('')}${hint}`;
}

const TITLES: readonly string[] = ['LAYER', 'SIZE', 'FATE'];

function rowOf(cells: readonly string[], widths: readonly number[], path: string): string {
  const [layer = '', size = '', fate = ''] = cells;
  return [
    layer.padStart(widths[0] ?? 0),
    size.padStart(widths[1] ?? 0),
    fate.padEnd(widths[2] ?? 0),
    path,
  ].join('   ');
}

function cellsOf({ layers }: RecoverDocument, entry: LostEntry): string[] {
  const mark = (layer: number) => layerMark(layers[layer - 1] ?? { layer, role: 'layer' });
  return [
    mark(entry.layer),
    entry.type === 'file' ? formatSize(entry.size) : entry.type,
    `${entry.fate} in ${mark(entry.goneIn)}`,
  ];
}

/** Where its content still is: then nothing is lost. */
function pathText({ path, linkTarget, stillAt }: LostEntry, { theme }: View): string {
  const name = safeName(path);
  const target = linkTarget === undefined ? '' : ` → ${safeName(linkTarget)}`;
  if (stillAt === undefined) return `${name}${target}`;
  return theme.dim(`${name}${target}  = ${stillAt === path ? 'as it is now' : safeName(stillAt)}`);
}

function heading({ subject, totals, layers }: RecoverDocument, { theme }: View): string[] {
  const name = theme.bold(safeText(subject.name ?? subject.target));
  const count = formatNumberOf(layers.length, 'layer', 'layers');
  if (totals.entries === 0) return [`${name} · ${count} · nothing was taken away`];
  const fates = (['deleted', 'hidden', 'replaced', 'overwritten'] as const)
    .filter((fate) => totals[fate] > 0)
    .map((fate) => `${formatCount(totals[fate])} ${fate}`);
  const files = formatNumberOf(totals.files, 'file', 'files');
  const unique = formatNumberOf(totals.unique.files, 'file', 'files');
  return [
    `${name} · ${count} · ${fates.join(', ')}`,
    `${files} of ${formatSize(totals.size)}; ${unique} of ${formatSize(totals.unique.size)} ` +
      `with content that is nowhere else`,
  ];
}
