// The document of a pane, as `--json` prints it.
import { formatJson } from '../../../report/json.js';
import { plain, type Line } from '../line.js';
import { AT_START } from '../list.js';
import { makePage, question, type Page } from '../page.js';
import type { Port } from '../port.js';
import { drawLines, linesBindings, pointLines, type LinesState } from './lines.js';

/** More lines than anybody reads here; the command writes all of them. */
const MOST_LINES = 200_000;

export function jsonPage(ask: (port: Port) => Promise<unknown>): Page {
  return makePage<LinesState>(
    {
      name: 'json',
      title: () => 'JSON',
      start: () => ({
        effects: [
          question(
            ask,
            (document) => (state) => ({ state: { ...state, lines: jsonLines(document) } }),
            (message) => (state) => ({
              state: { ...state, lines: [plain(` ${message}`, 'finding')] },
            }),
          ),
        ],
      }),
      bindings: linesBindings,
      draw: drawLines,
      point: pointLines,
    },
    { lines: [], list: AT_START, offset: 0 },
  );
}

function jsonLines(document: unknown): Line[] {
  const lines = formatJson(document ?? null)
    .trimEnd()
    .split('\n');
  const shown = lines.slice(0, MOST_LINES).map((text) => plain(text));
  const more = lines.length - shown.length;
  return more === 0 ? shown : [...shown, plain(`… and ${more} lines more`, 'dim')];
}
