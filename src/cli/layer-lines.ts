// One line for each layer, on stderr: lines that move on a terminal, and without one a line for each
// state that is worth keeping.
import { layerLineText, type LayerLine } from '../report/layer-line.js';
import type { Context } from './context.js';

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
  const told = new Map<string, string>();
  return {
    set: (line) => {
      const { name, text, isFinal, isNews = isFinal } = line;
      if (!isNews || told.get(name) === text) return;
      told.set(name, text);
      context.note(layerLineText(line, Infinity));
    },
    end: () => undefined,
  };
}

function movingLines({ stderr, host }: Context): LayerLines {
  const lines = new Map<string, LayerLine>();
  /** Finished and no more drawn: they say nothing new. */
  const gone = new Set<string>();
  /** How many rows above the cursor are drawn again. */
  let drawn = 0;
  let last = 0;
  const draw = (rows: number) => {
    const out: string[] = drawn === 0 ? [] : [`\x1b[${drawn}A`];
    const width = Math.max(20, stderr.columns - 1);
    const put = (line: LayerLine) => out.push(`\r\x1b[K${layerLineText(line, width)}\n`);
    // What is done at the top stays as it is: a terminal cannot go back beyond its first row.
    for (const [name, line] of lines) {
      if (!line.isFinal) break;
      put(line);
      lines.delete(name);
      gone.add(name);
    }
    const shown = [...lines.values()].slice(0, rows);
    shown.forEach(put);
    drawn = shown.length;
    stderr.write(`${out.join('')}\x1b[J`);
    last = host.now();
  };
  return {
    set: (line) => {
      if (gone.has(line.name)) return;
      lines.set(line.name, line);
      const isDue = line.isFinal || host.now() - last >= INTERVAL;
      if (isDue) draw(Math.max(1, stderr.rows - 1));
    },
    end: () => {
      if (lines.size > 0) draw(Infinity);
    },
  };
}
