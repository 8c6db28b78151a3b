import type { DiffDocument, DirectoryCounts } from '../inspect/documents/diff.js';
import { formatNumberOf, formatSize } from './size.js';
import { formatTable } from './table.js';
import { safeName } from './text.js';
import type { View } from './theme.js';

const BAR = 20;

/** How much changed in each top directory: counts, bytes, and a bar of the bytes. */
export function formatDiffStat(document: DiffDocument, view: View): string {
  const { directories, totals } = document;
  const all = formatNumberOf(document.changes.length, 'change', 'changes');
  const bytes = `+${formatSize(totals.bytesAdded)}, −${formatSize(totals.bytesDeleted)}`;
  const counts = `${totals.added} added, ${totals.changed} changed, ${totals.deleted} deleted`;
  const moved = totals.moved === 0 ? '' : `, ${totals.moved} moved`;
  const engine = totals.byEngine === 0 ? '' : `; ${totals.byEngine} made by the engine`;
  const summary = `${all}: ${counts}${moved}${engine}; ${bytes}\n`;
  if (directories.length === 0) return summary;
  const most = Math.max(...directories.map(weight), 1);
  const rows = directories.map((one) => [
    safeName(one.path === '/' ? '/ (itself)' : one.path),
    String(one.added),
    String(one.changed),
    String(one.deleted),
    one.bytesAdded === 0 ? '' : `+${formatSize(one.bytesAdded)}`,
    one.bytesDeleted === 0 ? '' : `−${formatSize(one.bytesDeleted)}`,
    bar(one, most, view),
  ]);
  const table = formatTable(
    [
      { title: 'DIRECTORY', shrinks: true },
      { title: 'A', align: 'right' },
      { title: 'C', align: 'right' },
      { title: 'D', align: 'right' },
      { title: 'ADDED', align: 'right' },
      { title: 'DELETED', align: 'right' },
      { title: '' },
    ],
    rows,
    view,
  );
  return `${table}\n${summary}`;
}

function weight({ bytesAdded, bytesDeleted }: DirectoryCounts): number {
  return bytesAdded + bytesDeleted;
}

function bar({ bytesAdded, bytesDeleted }: DirectoryCounts, most: number, { theme }: View): string {
  const length = (bytes: number) =>
    bytes === 0 ? 0 : Math.max(1, Math.round((bytes / most) * BAR));
  const [plus, minus] = ['+'.repeat(length(bytesAdded)), '-'.repeat(length(bytesDeleted))];
  return `${plus === '' ? '' : theme.added(plus)}${minus === '' ? '' : theme.deleted(minus)}`;
}
