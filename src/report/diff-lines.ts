import type { ChangeRecord, ConfigChange, DiffDocument } from '../inspect/documents/diff.js';
import { cut } from './cut.js';
import { safeLines } from './safe-lines.js';
import { formatNumberOf } from './size.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

/**
 * A line for each change, as `docker diff` prints them. Between two trees, and on a terminal, with
 * what is known of it; for a program the lines of a container are Docker's to the last byte.
 */
export function formatDiff(document: DiffDocument, view: View): string {
  const isPlain = document.sense === 'container' && !Number.isFinite(view.width);
  const lines = document.changes.map((change) =>
    changeLines(change, document.sense, isPlain, view),
  );
  const { config = [] } = document;
  if (config.length > 0) lines.push(...configLines(config, document.changes.length > 0, view));
  return `${lines.join('')}${isPlain ? '' : summary(document, view)}`;
}

function changeLines(
  change: ChangeRecord,
  sense: DiffDocument['sense'],
  isPlain: boolean,
  view: View,
): string {
  const { theme } = view;
  const paint = { A: theme.added, C: theme.changed, D: theme.deleted }[change.kind];
  const marks = isPlain ? [] : changeMarks(change, sense);
  const text = `${change.kind} ${safeName(change.path)}`;
  const tail = marks.length === 0 ? '' : theme.dim(`  ${marks.join('; ')}`);
  return `${paint(text)}${tail}\n${contentLines(change, view)}`;
}

function changeMarks(change: ChangeRecord, sense: DiffDocument['sense']): string[] {
  const { aspects, movedTo, movedFrom, madeBy } = change;
  return [
    ...(sense === 'trees' && aspects.length > 0 ? [aspects.join(', ')] : []),
    ...(movedTo === undefined ? [] : [`moved to ${safeName(movedTo)}`]),
    ...(movedFrom === undefined ? [] : [`moved from ${safeName(movedFrom)}`]),
    ...(madeBy === undefined ? [] : ['made by the engine']),
  ];
}

/** As diff -u writes it, every line through the gate. */
function contentLines(change: ChangeRecord, { theme }: View): string {
  const { content, path, before, after } = change;
  if (content === undefined) return '';
  if (content.kind !== 'text') {
    const reason = {
      binary: 'no text',
      'over-limit': content.kind === 'over-limit' ? content.limit : '',
      unreadable: content.kind === 'unreadable' ? content.message : '',
    }[content.kind];
    return theme.dim(`  not compared: ${safeText(reason)}\n`);
  }
  if (content.patch === '') return '';
  const name = safeName(path);
  const head = [
    theme.deleted(`--- ${before?.type === 'file' ? `a${name}` : '/dev/null'}`),
    theme.added(`+++ ${after?.type === 'file' ? `b${name}` : '/dev/null'}`),
  ];
  const lines = safeLines(content.patch.replace(/\n$/, '')).split('\n');
  const painted = lines.map((line) => {
    if (line.startsWith('@@')) return theme.shared(line);
    if (line.startsWith('+')) return theme.added(line);
    return line.startsWith('-') ? theme.deleted(line) : line;
  });
  return `${[...head, ...painted].join('\n')}\n`;
}

function configLines(config: readonly ConfigChange[], follows: boolean, view: View): string[] {
  const { theme } = view;
  const lines = config.map(({ kind, field, name, before, after }) => {
    const paint = { A: theme.added, C: theme.changed, D: theme.deleted }[kind];
    const what = `${kind} ${field}${name === undefined ? '' : ` ${safeText(name)}`}`;
    const values = [before, after].filter((value) => value !== undefined).map(valueText);
    const text = `  ${values.join(' → ')}`;
    const room = view.noTrunc ? Infinity : Math.max(20, view.width - what.length);
    return `${paint(what)}${cut(text, room)}\n`;
  });
  return [`${follows ? '\n' : ''}${theme.heading('CONFIG')}\n`, ...lines];
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : safeText(value);
  const isStep = typeof value === 'object' && value !== null && 'created_by' in value;
  return safeText(isStep ? String(value.created_by) : JSON.stringify(value));
}

/** Where it says more than the lines do. */
function summary({ totals, changes }: DiffDocument, { theme }: View): string {
  const parts = [
    ...(totals.moved === 0 ? [] : [formatNumberOf(totals.moved, 'file moved', 'files moved')]),
    ...(totals.byEngine === 0
      ? []
      : [`${totals.byEngine} made by the engine, ${changes.length - totals.byEngine} by others`]),
  ];
  if (parts.length === 0) return '';
  const all = formatNumberOf(changes.length, 'change', 'changes');
  return theme.dim(`\n${all}: ${parts.join('; ')}\n`);
}
