import { safeText } from './text.js';

/** Text of several lines through the gate; tabs stay, for they move nothing but to the right. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeLine).join('\n');
}

function safeLine(line: string): string {
  return line.split('\t').map(safeText).join('\t');
}
