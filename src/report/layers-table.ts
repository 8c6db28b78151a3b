import type { LayersDocument } from '../inspect/documents/layers.js';
import { shortID } from './short.js';
import { formatCount, formatSize } from './size.js';
import { formatTable, type Column } from './table.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

const COLUMNS: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'DIGEST' },
  { title: 'DIFFID' },
  { title: 'CHAINID' },
  { title: 'STORED', align: 'right' },
  { title: 'TAR', align: 'right' },
  { title: 'FILES', align: 'right' },
  { title: 'ENTRIES', align: 'right' },
  { title: 'CREATED BY', shrinks: true },
];

/** The layers as they lie: the top one first. */
export function formatLayers(document: LayersDocument, view: View): string {
  const rows = [...document.layers]
    .reverse()
    .map((layer) => [
      String(layer.index),
      shortID(layer.digest, view),
      shortID(layer.diffID, view),
      shortID(layer.chainID, view),
      formatSize(layer.size),
      formatSize(layer.uncompressedSize),
      formatSize(layer.contentSize),
      formatCount(layer.entries),
      safeText(layer.command ?? ''),
    ]);
  const { upper } = document;
  if (upper !== undefined) {
    const size = formatSize(upper.contentSize);
    rows.unshift(['upper', '', '', '', '', '', size, formatCount(upper.entries), 'this container']);
  }
  const places = document.layers.flatMap((layer) => placeLines(layer, view)).reverse();
  return [
    heading(document, view),
    '\n',
    formatTable(COLUMNS, rows, view),
    ...(places.length === 0 ? [] : ['\n', ...places]),
  ].join('');
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

/** Where a layer is unpacked and who else has it. */
function placeLines(layer: LayersDocument['layers'][number], view: View): string[] {
  const lines: string[] = [];
  const number = String(layer.index).padStart(3);
  if (layer.alsoIn.length > 0) {
    const names = layer.alsoIn.map(safeText).join(', ');
    lines.push(`${number}  ${view.theme.shared('also in')} ${names}\n`);
  }
  if (layer.directory !== undefined) {
    lines.push(`${number}  ${view.theme.dim(safeName(layer.directory))}\n`);
  }
  return lines;
}
