// A line for each who has it.
import type { WhoseAnswer, WhoseDocument } from '../inspect/documents/whose.js';
import { shortID } from './short.js';
import { formatTable, type Column } from './table.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

const COLUMNS: readonly Column[] = [
  { title: 'ENGINE' },
  { title: 'WHOSE' },
  { title: 'AS' },
  { title: 'LAYER' },
  { title: 'WHERE', shrinks: true },
];

export function formatWhose({ thing, answers }: WhoseDocument, view: View): string {
  if (answers.length === 0) {
    return `${safeText(thing.text)}: nobody's, as far as the engines of this host know\n`;
  }
  const rows = answers.map((answer) => [
    safeText(answer.engine),
    ownerText(answer, view),
    answer.relation,
    layerText(answer, view),
    placeText(answer),
  ]);
  return formatTable(COLUMNS, rows, view);
}

function ownerText({ container, image, pids, command }: WhoseAnswer, { theme }: View): string {
  if (container !== undefined) {
    const state = container.state === 'running' ? '' : ` (${container.state})`;
    return theme.bold(safeText(container.name)) + state;
  }
  if (image !== undefined) return safeText(image.name);
  const [first] = pids ?? [];
  if (first === undefined) return '-';
  const more = (pids?.length ?? 0) > 1 ? ` and ${(pids?.length ?? 0) - 1} more` : '';
  return `pid ${first} ${safeText(command ?? '')}${more}`;
}

function layerText({ layer }: WhoseAnswer, view: View): string {
  if (layer === undefined) return '-';
  const number = layer.number === undefined ? '' : String(layer.number);
  const id = layer.diffID === undefined ? '' : shortID(layer.diffID, view);
  return [number, id].filter((part) => part !== '').join(' ') || '-';
}

function placeText(answer: WhoseAnswer): string {
  const { path, namespace, file, pids, container } = answer;
  const inside = answer.interface;
  if (inside !== undefined) return `${safeText(inside)} in net:[${namespace?.inode ?? ''}]`;
  if (namespace !== undefined) {
    const held = file === undefined ? '' : ` held by ${safeName(file)}`;
    return `${namespace.type}:[${namespace.inode}]${held}`;
  }
  if (path !== undefined) return safeName(path);
  if (file !== undefined) return safeName(file);
  return container !== undefined && pids !== undefined ? `pid ${pids.join(', ')}` : '-';
}
