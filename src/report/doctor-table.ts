import type { Check, DoctorDocument } from '../inspect/documents/doctor.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

/** A line for each check; what is missing is followed by the way to get it. */
export function formatDoctor(document: DoctorDocument, view: View): string {
  const width = Math.max(...document.checks.map(({ name }) => name.length));
  const lines = document.checks.flatMap((check) => {
    const line = `${mark(check, view)}  ${check.name.padEnd(width)}  ${safeText(check.found)}`;
    if (check.status === 'ok') return [line];
    const indent = ' '.repeat(width + 11);
    const remedy = check.remedy === undefined ? [] : [`${indent}${view.theme.bold(check.remedy)}`];
    return [line, `${indent}needed for ${check.neededFor}`, ...remedy];
  });
  return `${lines.join('\n')}\n`;
}

function mark({ status }: Check, { theme }: View): string {
  const text = status.padEnd(7);
  if (status === 'ok') return theme.added(text);
  return status === 'limited' ? theme.changed(text) : theme.deleted(text);
}
