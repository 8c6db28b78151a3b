// The content of a file as lines.
import type { ContentChange } from '../../../inspect/documents/diff.js';
import { plain, type Line } from '../line.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** No NUL, and UTF-8; the end of a part may cut a character in two. */
export function isText(bytes: Uint8Array, size: number): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: bytes.length < size });
    return true;
  } catch {
    return false;
  }
}

/** Bytes that are no UTF-8 are shown by their number. */
export function textLines(bytes: Uint8Array): string[] {
  const lines = decode(bytes).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(expandTabs);
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}

function expandTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let text = '';
  for (const part of line.split(/(\t)/))
    text += part === '\t' ? ' '.repeat(8 - (text.length % 8)) : part;
  return text;
}

const ROW = 16;

export function hexRows({ length }: Uint8Array): number {
  return Math.ceil(length / ROW);
}

/** "00000010  7f 45 4c …  |.ELF…|" as hexdump -C has it. */
export function hexLine(bytes: Uint8Array, row: number): Line {
  const part = [...bytes.subarray(row * ROW, (row + 1) * ROW)];
  const hex = part.map((byte) => byte.toString(16).padStart(2, '0'));
  const halves = [hex.slice(0, 8).join(' '), hex.slice(8).join(' ')].join('  ').padEnd(ROW * 3);
  const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
  return [
    { text: ` ${(row * ROW).toString(16).padStart(8, '0')}  `, style: 'dim' },
    { text: `${halves}  `, style: 'plain' },
    { text: text.join(''), style: 'shared' },
  ];
}

export function diffLines(change: ContentChange): Line[] {
  switch (change.kind) {
    case 'binary':
      return [plain('no text', 'dim')];
    case 'over-limit':
      return [plain(`not compared: ${change.limit}`, 'dim')];
    case 'unreadable':
      return [plain(change.message, 'finding')];
    case 'text': {
      if (change.patch === '') return [plain('the same content', 'dim')];
      return change.patch.replace(/\n$/, '').split('\n').map(diffLine);
    }
  }
}

function diffLine(text: string): Line {
  const line = expandTabs(text);
  if (line.startsWith('@@')) return plain(line, 'shared');
  if (line.startsWith('+')) return plain(line, 'added');
  return plain(line, line.startsWith('-') ? 'deleted' : 'plain');
}
