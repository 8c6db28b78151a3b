// What is still in the image, a line for each path, and below it the layers that took it away.
import type { LostEntry, RecoverDocument } from '../inspect/documents/recover.js';
import { cut } from './cut.js';
import { layerMark, layerStep } from './layer-mark.js';
import { formatCount, formatNumberOf, formatSize } from './size.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

export function formatRecover(document: RecoverDocument, view: View): string {
  const { entries, layers } = document;
  const lines = [...heading(document, view)];
  if (entries.length === 0) return `${lines.join('\n')}\n`;
  const cells = entries.map((entry) => cellsOf(document, entry));
  const widths = WIDTHS.map((title, at) =>
    cells.reduce((most, cell) => Math.max(most, cell[at]?.length ?? 0), title.length),
  );
  const row = ([layer = '', size = '', fate = '']: readonly string[], path: string) =>
    [
      layer.padStart(widths[0] ?? 0),
      size.padStart(widths[1] ?? 0),
      fate.padEnd(widths[2] ?? 0),
      path,
    ].join('   ');
  lines.push('', view.theme.heading(row(WIDTHS, 'PATH')));
  for (const [at, entry] of entries.entries())
    lines.push(row(cells[at] ?? [], pathText(entry, view)));
  const used = new Set(entries.flatMap(({ layer, goneIn }) => [layer, goneIn]));
  lines.push(
    '',
    ...layers
      .filter(({ layer }) => used.has(layer))
      .map((origin) => {
        const text = `${layerMark(origin).padStart(5)}   ${layerStep(origin)}`;
        return view.theme.dim(view.noTrunc ? text : cut(text, view.width));
      }),
  );
  const example = entries.find(({ get }) => get !== undefined)?.get;
  if (example !== undefined) lines.push('', safeText(example));
  return `${lines.join('\n')}\n`;
}

const WIDTHS: readonly string[] = ['LAYER', 'SIZE', 'FATE'];

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
