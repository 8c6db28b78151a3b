import type { EntryFacts } from '../inspect/documents/entry.js';

const TYPE_LETTERS: Readonly<Record<EntryFacts['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  char: 'c',
  block: 'b',
};

const texts = new Map<string, string>();

/** As ls(1) writes it: "drwxr-xr-x", with s and t for the special bits. */
export function modeText({ type, mode }: Pick<EntryFacts, 'type' | 'mode'>): string {
  const key = TYPE_LETTERS[type] + mode;
  let text = texts.get(key);
  if (text === undefined) {
    text = TYPE_LETTERS[type] + permissionText(parseInt(mode, 8));
    texts.set(key, text);
  }
  return text;
}

function permissionText(bits: number): string {
  const letters = [6, 3, 0].map((shift, at) => {
    const special = (bits & (0o4000 >> at)) !== 0;
    const mark = at === 2 ? 't' : 's';
    const execute = (bits >> shift) & 1;
    const last = special ? (execute ? mark : mark.toUpperCase()) : execute ? 'x' : '-';
    return `${(bits >> shift) & 4 ? 'r' : '-'}${(bits >> shift) & 2 ? 'w' : '-'}${last}`;
  });
  return letters.join('');
}
