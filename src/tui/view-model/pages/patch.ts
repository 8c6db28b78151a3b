// What differs within one file between two targets.
import { plain } from '../line.js';
import { AT_START } from '../list.js';
import { makePage, question, type Page } from '../page.js';
import { diffLines } from './file-lines.js';
import { drawLines, linesBindings, pointLines, type LinesState } from './lines.js';

export function patchPage(before: string, after: string, path: string): Page {
  return makePage<LinesState>(
    {
      name: 'patch',
      title: () => path,
      start: () => ({
        effects: [
          question(
            (port) => port.comparePatch(before, after, path),
            (change) => (state) => ({ state: { ...state, lines: diffLines(change) } }),
            (message) => (state) => ({
              state: { ...state, lines: [plain(` ${message}`, 'finding')] },
            }),
          ),
        ],
      }),
      bindings: linesBindings,
      draw: drawLines,
      point: pointLines,
      select: () => ({
        document: (port) => port.comparePatch(before, after, path),
        path,
        command: ['cutaway', 'diff', '--content', '--path', path, before, after],
      }),
    },
    { lines: [], list: AT_START, offset: 0 },
  );
}
