// One line for each layer, on stderr: lines that move on a terminal, and without one a line for each
// state that is worth keeping.
import { withProgressBar, type Amount } from '../report/progress-bar.js';
import type { Context } from './context.js';

export interface LayerLine {
  /** What stands in front: the beginning of a digest. */
  readonly name: string;
  readonly text: string;
  /** Drawn behind the text, on a terminal. */
  readonly amount?: Amount;
  /** Nothing follows it. */
  readonly isFinal: boolean;
}

export interface LayerLines {
  set(line: LayerLine): void;
  /** Draws what was held back; call it also before an error is told. */
  end(): void;
}

const INTERVAL = 100;

export function openLayerLines(context: Context, { quiet }: { quiet: boolean }): LayerLines {
  if (quiet) return { set: () => undefined, end: () => undefined };
  return context.stderr.isTTY ? movingLines(context) : plainLines(context);
}

function plainLines(context: Context): LayerLines {
  return {
    set: ({ name, text, isFinal }) => {
      if (isFinal) context.note(`${name}: ${text}`);
    },
    end: () => undefined,
  };
}

function movingLines({ stderr, host }: Context): LayerLines {
  const lines = new Map<string, LayerLine>();
  /** How many rows above the cursor are drawn again. */
  let drawn = 0;
  let last = 0;
  const draw = () => {
    const out: string[] = drawn === 0 ? [] : [`\x1b[${drawn}A`];
    const width = Math.max(20, stderr.columns - 1);
    const put = (line: LayerLine) => out.push(`\r\x1b[K${lineText(line, width)}\n`);
    // What is done at the top stays as it is: a terminal cannot go back beyond its first row.
    for (const [name, line] of lines) {
      if (!line.isFinal) break;
      put(line);
      lines.delete(name);
    }
    const shown = [...lines.values()].slice(0, Math.max(1, stderr.rows - 1));
    shown.forEach(put);
    drawn = shown.length;
    stderr.write(`${out.join('')}\x1b[J`);
    last = host.now();
  };
  return {
    set: (line) => {
      lines.set(line.name, line);
      if (line.isFinal || host.now() - last >= INTERVAL) draw();
    },
    end: draw,
  };
}

function lineText({ name, text, amount }: LayerLine, width: number): string {
  const start = `${name}: ${text}`;
  return amount === undefined ? start.slice(0, width) : withProgressBar(start, amount, width);
}
