import type { ChangeRecord, DiffDocument } from '../inspect/documents/diff.js';
import { safeName } from './text.js';
import type { View } from './theme.js';

/** A line for each change, as `docker diff` prints them. Between two trees: with what differs. */
export function formatDiff(document: DiffDocument, view: View): string {
  const withAspects = document.sense === 'trees';
  return document.changes.map((change) => changeLine(change, withAspects, view)).join('');
}

function changeLine(change: ChangeRecord, withAspects: boolean, { theme }: View): string {
  const paint = { A: theme.added, C: theme.changed, D: theme.deleted }[change.kind];
  const aspects = withAspects && change.aspects.length > 0 ? `  ${change.aspects.join(', ')}` : '';
  return `${paint(`${change.kind} ${safeName(change.path)}`)}${theme.dim(aspects)}\n`;
}
