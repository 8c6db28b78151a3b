import type { LayersDocument } from '../inspect/documents/layers.js';
import { cut } from './cut.js';
import { shortID, shortPath } from './short.js';
import { formatCount, formatSize } from './size.js';
import { formatTable, tableWidth, type Column } from './table.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

const COLUMNS: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'DIGEST' },
  { title: 'DIFFID' },
  { title: 'CHAINID' },
  { title: 'STORED', align: 'right' },
  { title: 'TAR', align: 'right' },
  { title: 'CONTENT', align: 'right' },
  { title: 'ENTRIES', align: 'right' },
  { title: 'CREATED BY', shrinks: true },
];
/** What a narrow terminal has no room for: the step is told below the table instead. */
const LEFT_OUT: readonly string[] = ['TAR', 'CREATED BY'];
/** Of a step that is worth a column. */
const LEAST_STEP = 24;

/** The layers as they lie: the top one first. */
export function formatLayers(document: LayersDocument, view: View): string {
  const rows = [...document.layers].reverse().map((layer) => layerRow(layer, view));
  const { upper } = document;
  if (upper !== undefined) {
    const size = formatSize(upper.contentSize);
    rows.unshift(['upper', '', '', '', '', '', size, formatCount(upper.entries), 'this container']);
  }
  const fixed = tableWidth(
    COLUMNS,
    rows.map((row) => [...row.slice(0, -1), ' '.repeat(LEAST_STEP)]),
  );
  const narrow = !view.noTrunc && fixed > view.width;
  const kept = COLUMNS.map(({ title }) => !narrow || !LEFT_OUT.includes(title));
  const places = [...document.layers].reverse().flatMap((layer) => placeLines(layer, narrow, view));
  return [
    heading(document, view),
    '\n',
    formatTable(
      COLUMNS.filter((_, at) => kept[at]),
      rows.map((row) => row.filter((_, at) => kept[at])),
      view,
    ),
    ...(places.length === 0 ? [] : ['\n', ...places]),
  ].join('');
}

type Layer = LayersDocument['layers'][number];

function layerRow(layer: Layer, view: View): string[] {
  return [
    String(layer.index),
    layer.digest === undefined ? '' : shortID(layer.digest, view),
    shortID(layer.diffID, view),
    shortID(layer.chainID, view),
    ...[layer.size, layer.uncompressedSize].map((size) =>
      size === undefined ? '' : formatSize(size),
    ),
    formatSize(layer.contentSize),
    formatCount(layer.entries),
    safeText(layer.command ?? ''),
  ];
}

function heading({ subject, image }: LayersDocument, view: View): string {
  const names = image.references.length === 0 ? [subject.target] : image.references;
  const parts = [
    view.theme.bold(safeText(names.join(', '))),
    `image ${shortID(image.id, view)}`,
    ...(image.manifestDigest === undefined
      ? []
      : [`manifest ${shortID(image.manifestDigest, view)}`]),
    safeText(image.platform),
  ];
  return `${parts.join(' · ')}\n`;
}

/** Where a layer is unpacked and who else has it; the step that made it, if nothing else says so. */
function placeLines(layer: Layer, withStep: boolean, view: View): string[] {
  const facts: string[] = [];
  if (withStep && layer.command !== undefined) {
    facts.push(cut(safeText(layer.command), view.width - 5));
  }
  if (layer.alsoIn.length > 0) {
    facts.push(`${view.theme.shared('also in')} ${layer.alsoIn.map(safeText).join(', ')}`);
  }
  if (layer.directory !== undefined) {
    facts.push(view.theme.dim(shortPath(safeName(layer.directory), view.width - 5, view)));
  }
  const number = String(layer.index);
  return facts.map((fact, at) => `${(at === 0 ? number : '').padStart(3)}  ${fact}\n`);
}
