import { characters } from './line.js';

/** The text of a prompt after a key: letters, Backspace, Ctrl-U and Ctrl-W as in a shell. */
export function promptKey(text: string, key: string): string {
  switch (key) {
    case 'space':
      return `${text} `;
    case 'backspace':
      return characters(text).slice(0, -1).join('');
    case 'C-u':
      return '';
    case 'C-w':
      return text.replace(/\S*\s*$/, '');
    default:
      return characters(key).length === 1 ? text + key : text;
  }
}
