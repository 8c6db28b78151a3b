// The terminal: blessed's Program reads keys and mouse and switches modes; rows that changed are
// written in one piece.
import Program from 'blessed/lib/program.js';
import type { ExplorerEvent } from '../view-model/explorer.js';
import type { Row, Size } from '../view-model/line.js';
import type { Pointer } from '../view-model/page.js';
import { paintRow } from './paint.js';
import type { ScreenTheme } from './theme.js';

export interface Screen {
  readonly size: Size;
  /** Takes the terminal, or takes it again after `leave`. */
  enter(): void;
  /** Gives it back as it was; any number of times. */
  leave(): void;
  paint(rows: readonly Row[]): void;
  /** All of it again at the next `paint`. */
  forget(): void;
  /** To the clipboard of the terminal's user: OSC 52. */
  copy(text: string): void;
  listen(on: (event: ExplorerEvent) => void): void;
}

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly theme: ScreenTheme;
  /** Is told of all that is written. */
  readonly record?: ((text: string) => void) | undefined;
}

/** xterm's own limit is far above; a name is never this long. */
const CLIPBOARD_BYTES = 64 * 1024;

const MOUSE = { vt200Mouse: true, cellMotion: true, sgrMouse: true };
const NO_MOUSE = { vt200Mouse: false, cellMotion: false, sgrMouse: false };

export function openTerminal({ input, output, theme, record }: TerminalOptions): Screen {
  const program = new Program({ input, output, tput: false });
  if (record !== undefined) tap(program, record);
  const size = (): Size => ({
    columns: Math.max(1, program.cols),
    rows: Math.max(1, program.rows),
  });
  let painted: string[] = [];
  let isEntered = false;
  return {
    get size() {
      return size();
    },
    enter: () => {
      if (isEntered) return;
      isEntered = true;
      input.setRawMode(true);
      input.resume();
      program.setMode('?1049');
      program.hideCursor();
      program.setMouse(MOUSE, true);
      painted = [];
    },
    leave: () => {
      if (!isEntered) return;
      isEntered = false;
      program.setMouse(NO_MOUSE, false);
      program.write('\u001b[0m');
      program.showCursor();
      program.resetMode('?1049');
      input.setRawMode(false);
      input.pause();
    },
    paint: (rows) => {
      if (!isEntered) return;
      const { columns } = size();
      const next = rows.map((row, at) => paintRow(row, at, columns, theme));
      const changed = next.filter((text, at) => text !== painted[at]);
      const isFirst = painted.length === 0;
      painted = next;
      if (changed.length > 0) program.write(`${isFirst ? '\u001b[2J' : ''}${changed.join('')}`);
    },
    forget: () => {
      painted = [];
    },
    copy: (text) => {
      const bytes = Buffer.from(text, 'utf8').subarray(0, CLIPBOARD_BYTES);
      program.write(`\u001b]52;c;${bytes.toString('base64')}\u0007`);
    },
    listen: (on) => {
      listenTo(program, on);
      program.on('resize', () => {
        painted = [];
        on({ kind: 'resize', size: size() });
      });
    },
  };
}

function listenTo(program: Program, on: (event: ExplorerEvent) => void): void {
  program.on('keypress', (ch, key) => {
    for (const name of keyNames(ch, key)) on({ kind: 'key', key: name });
  });
  program.on('data', (data) => {
    for (const event of pointerEvents(data.toString())) on(event);
  });
}

/**
 * "Extended coordinates" of xterm's ctlseqs: button (32 more while it moves), column, row from 1; M
 * for a press, m for a release.
 */
const REPORT = /\u001b\[<(\d+);(\d+);(\d+)([Mm])/g;
const ACTIONS: Readonly<Record<string, Pointer['action']>> = {
  '0M': 'click',
  '0m': 'release',
  '32M': 'drag',
  '64M': 'wheelup',
  '65M': 'wheeldown',
};

/** blessed takes the first report of what was read at once; a wheel sends many. */
function pointerEvents(text: string): ExplorerEvent[] {
  return [...text.matchAll(REPORT)].flatMap(
    ([, button = '', column, row, end]): ExplorerEvent[] => {
      const action = ACTIONS[`${button}${end ?? ''}`];
      if (action === undefined) return [];
      return [{ kind: 'pointer', action, column: Number(column) - 1, row: Number(row) - 1 }];
    },
  );
}

/** All that is written is told. */
function tap(program: Program, record: (text: string) => void): void {
  const write = program._owrite.bind(program);
  program._owrite = program.write = (text) => {
    record(text);
    return write(text);
  };
}

interface Key {
  readonly name?: string;
  readonly full: string;
  readonly meta?: boolean;
}

/**
 * A letter as it is, any other key by its name. blessed says Enter twice: "enter" and "return".
 * Esc and a letter that were read at once are two keys: Alt means nothing here.
 */
function keyNames(ch: string | undefined, { name = '', full, meta }: Key): string[] {
  if (name === 'return' || name === 'mouse') return [];
  if (name === 'space') return ['space'];
  if (ch !== undefined && ch.length === 1 && ch > ' ' && ch !== '\u007f')
    return isHalf(ch) ? [] : [ch];
  if (full === 'M-escape') return ['escape', 'escape'];
  if (meta === true && name.length === 1) {
    return ['escape', full.includes('S-') ? name.toUpperCase() : name];
  }
  return [full === 'linefeed' ? 'enter' : full];
}

/** Half of a pair: blessed takes characters beyond the first plane apart. */
function isHalf(ch: string): boolean {
  return ch >= '\ud800' && ch <= '\udfff';
}
