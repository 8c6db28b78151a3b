import type { HistoryDocument, StepRecord } from '../inspect/documents/history.js';
import { formatAge } from './age.js';
import { cut } from './cut.js';
import { goTime, joinedSize } from './images-table.js';
import { shortID } from './short.js';
import { formatSize } from './size.js';
import { formatTable } from './table.js';
import type { TemplateRow } from './template-rows.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

const COMMAND_WIDTH = 45;
/** Docker's word for a step of which no image is known. */
const MISSING = '<missing>';

/** As `docker history`: the last step first. */
export function formatHistory(document: HistoryDocument, view: View): string {
  return formatTable(
    [
      { title: 'IMAGE' },
      { title: 'CREATED' },
      { title: 'CREATED BY' },
      { title: 'SIZE', align: 'right' },
      { title: 'COMMENT' },
    ],
    lastFirst(document).map((step, at) => [
      imageOf(document, at, view),
      formatAge(step.createdAt, view.now),
      createdBy(step, view),
      formatSize(step.contentSize),
      safeText(step.comment ?? ''),
    ]),
    view,
  );
}

export function historyIDs(document: HistoryDocument, view: View): string {
  return lastFirst(document)
    .map((_, at) => `${imageOf(document, at, view)}\n`)
    .join('');
}

export const HISTORY_TITLES = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Size: 'SIZE',
  Comment: 'COMMENT',
} as const;

export function historyTemplateRows(document: HistoryDocument, view: View): TemplateRow[] {
  return lastFirst(document).map((step, at) => ({
    Comment: safeText(step.comment ?? ''),
    CreatedAt: goTime(step.createdAt),
    CreatedBy: createdBy(step, view),
    CreatedSince: formatAge(step.createdAt, view.now),
    ID: imageOf(document, at, view),
    Size: joinedSize(step.contentSize),
  }));
}

function lastFirst({ steps }: HistoryDocument): StepRecord[] {
  return [...steps].reverse();
}

function imageOf({ image }: HistoryDocument, at: number, view: View): string {
  return at === 0 ? shortID(image.id, view) : MISSING;
}

function createdBy({ createdBy: text = '' }: StepRecord, view: View): string {
  const shown = safeText(text.replaceAll('\t', ' '));
  return view.noTrunc ? shown : cut(shown, COMMAND_WIDTH);
}
