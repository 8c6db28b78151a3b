// What is written behind "/": words that all must hold. `size>1M`, `layer:3`, `kind:added`,
// `type:file`, `wasted`; any other word is a glob over paths, or a part of a name.
import { compileGlob } from '../../inspect/glob.js';
import { ADDED, CHANGED, DELETED, SAME, type TreeView } from '../../inspect/tree-view.js';

export interface TreeFilter {
  /** As it was typed. */
  readonly text: string;
  matches(view: TreeView, row: number, path: string): boolean;
}

type Test = TreeFilter['matches'];

const KINDS: Readonly<Record<string, number>> = {
  added: ADDED,
  changed: CHANGED,
  deleted: DELETED,
  same: SAME,
};

/** As `ENTRY_TYPES` of overlay/layer-columns numbers them. */
const TYPES: Readonly<Record<string, number>> = {
  file: 1,
  directory: 2,
  symlink: 3,
  fifo: 4,
  socket: 5,
  char: 6,
  block: 7,
};

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Undefined for no words; throws for what no path could ever match. */
export function parseTreeFilter(text: string): TreeFilter | undefined {
  const tests = text.split(/\s+/).filter(Boolean).map(parseWord);
  if (tests.length === 0) return undefined;
  return {
    text: text.trim(),
    matches: (view, row, path) => tests.every((test) => test(view, row, path)),
  };
}

function parseWord(word: string): Test {
  const size = /^size([<>])(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(word);
  if (size !== null) return sizeTest(size[1] ?? '', Number(size[2]), size[3] ?? '');
  const layer = /^layer:(\d+)$/.exec(word)?.[1];
  if (layer !== undefined) return (view, row) => view.layer[row] === Number(layer);
  const kind = KINDS[/^kind:(.*)$/.exec(word)?.[1] ?? ''];
  if (kind !== undefined) return (view, row) => view.mark[row] === kind;
  const type = TYPES[/^type:(.*)$/.exec(word)?.[1] ?? ''];
  if (type !== undefined) return (view, row) => view.type[row] === type;
  if (word === 'wasted') return (view, row) => (view.wasted[row] ?? 0) > 0;
  if (/[*?[{/]/.test(word)) {
    const matches = compileGlob(word);
    return (_view, _row, path) => matches(path);
  }
  const wanted = word.toLowerCase();
  return (_view, _row, path) =>
    path
      .slice(path.lastIndexOf('/') + 1)
      .toLowerCase()
      .includes(wanted);
}

/** Of files: directories would be all that is big. */
function sizeTest(sign: string, number: number, unit: string): Test {
  const bytes = number * (UNITS[unit.toLowerCase()] ?? 1);
  return (view, row) => {
    const size = view.size[row] ?? 0;
    return view.type[row] === TYPES['file'] && (sign === '>' ? size > bytes : size < bytes);
  };
}
