// How a tour is written down: for a terminal, or as Markdown.
import stringWidth from 'fast-string-width';
import { cut } from '../../report/cut.js';
import type { Theme } from '../../report/theme.js';
import type { TourLine } from './tour-steps.js';

export interface TourFace {
  title(text: string): void;
  step(number: number, count: number, title: string): void;
  /** `code` is marked as in Markdown. */
  paragraph(text: string): void;
  item(text: string): void;
  command(line: TourLine, typed: string): void;
  /** Of the last command; "" for none. */
  output(line: TourLine, text: string): void;
  /** What a reader must not overlook. */
  finding(text: string): void;
}

type Print = (text: string) => void;

const PROMPT: Readonly<Record<TourLine['where'], string>> = { host: '$', inside: '/ #' };
const TEXT_COLUMNS = 80;

interface TerminalStyle {
  readonly theme: Theme;
  readonly color: boolean;
  readonly columns: number;
}

export function terminalFace(print: Print, { theme, color, columns }: TerminalStyle): TourFace {
  const width = Math.max(40, Math.min(columns, TEXT_COLUMNS));
  // Where code is bold it needs no marks.
  const paintCode = (text: string) =>
    color ? text.replace(/`([^`]+)`/g, (_, code: string) => theme.bold(code)) : text;
  const write = (text: string, indent = '') => {
    print(`${wrap(text, width, { indent, paint: paintCode })}\n`);
  };
  return {
    title: (text) => {
      print(`${theme.bold(text)}\n`);
    },
    step: (number, count, title) => {
      const head = `── ${number} of ${count} · `;
      const rest = '─'.repeat(Math.max(2, width - stringWidth(head) - stringWidth(title) - 1));
      print(`\n${theme.dim(head)}${theme.bold(title)} ${theme.dim(rest)}\n`);
    },
    paragraph: (text) => {
      print('\n');
      write(text);
    },
    item: (text) => {
      write(`· ${text}`, '  ');
    },
    command: ({ where }, typed) => {
      const prompt = where === 'host' ? theme.host(PROMPT.host) : theme.shared(PROMPT.inside);
      print(`\n${prompt} ${theme.bold(typed)}\n`);
    },
    output: (line, text) => {
      print(shorten(text, line));
    },
    finding: (text) => {
      print('\n');
      print(`${theme.finding(wrap(text, width))}\n`);
    },
  };
}

/** One block of code for each step, and prose between them. */
export function markdownFace(print: Print): TourFace {
  let fenced = false;
  const prose = (text: string) => {
    print(`${fenced ? '```\n' : ''}${text}`);
    fenced = false;
  };
  return {
    title: (text) => {
      prose(`# ${text}\n`);
    },
    step: (number, _count, title) => {
      prose(`\n## ${number}. ${title}\n`);
    },
    paragraph: (text) => {
      prose(`\n${wrap(text, 100)}\n`);
    },
    item: (text) => {
      prose(`${wrap(`- ${text}`, 100, { indent: '  ' })}\n`);
    },
    command: ({ where }, typed) => {
      print(`${fenced ? '\n' : '\n```console\n'}${PROMPT[where]} ${typed}\n`);
      fenced = true;
    },
    output: (line, text) => {
      print(shorten(text, line));
    },
    finding: (text) => {
      prose(`\n**${text}**\n`);
    },
  };
}

/** The first lines, and how many there are beside them. */
function shorten(text: string, { lines, columns }: TourLine): string {
  if (text === '') return '';
  const all = text.replace(/\n$/, '').split('\n');
  const shown = all.slice(0, lines);
  const more = all.length - shown.length;
  const rest = more === 0 ? [] : [`… (${more} more lines)`];
  const fitted = columns === undefined ? shown : shown.map((line) => cut(line, columns));
  return `${[...fitted, ...rest].join('\n')}\n`;
}

interface Wrapping {
  /** In front of every line but the first. */
  readonly indent?: string;
  readonly paint?: (text: string) => string;
}

/** Lines of at most `width` columns. What is marked as code is not torn apart. */
function wrap(text: string, width: number, { indent = '', paint }: Wrapping = {}): string {
  const words = text.match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of words.map((plain) => paint?.(plain) ?? plain)) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(next) > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = next;
  }
  return [...lines, line].join('\n');
}
