import type { SearchDocument } from '../inspect/documents/search.js';
import { cut } from './cut.js';
import { formatTable } from './table.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

/** As `docker search` has it; a catalogue knows names and tags only. */
export function formatSearch({ results, subject }: SearchDocument, view: View): string {
  if (subject.target !== 'docker.io') {
    return formatTable(
      [{ title: 'NAME' }, { title: 'TAGS', align: 'right' }],
      results.map(({ name, tags }) => [safeText(name), tags === undefined ? '' : String(tags)]),
      view,
    );
  }
  return formatTable(
    [
      { title: 'NAME' },
      { title: 'DESCRIPTION', shrinks: true },
      { title: 'STARS', align: 'right' },
      { title: 'OFFICIAL' },
    ],
    results.map(({ name, description = '', stars = 0, official = false }) => [
      safeText(name),
      formatDescription(description, view),
      String(stars),
      official ? '[OK]' : '',
    ]),
    view,
  );
}

const DESCRIPTION_WIDTH = 45;

/** On one line; Docker cuts it there too. */
function formatDescription(description: string, { noTrunc }: View): string {
  const text = safeText(description.replace(/\s+/g, ' ').trim());
  return noTrunc ? text : cut(text, DESCRIPTION_WIDTH);
}
