// All keys that work on a page, and those that work everywhere.
import { left, plain, span, type Line } from '../line.js';
import { AT_START } from '../list.js';
import { makePage, type BindingFacts, type Page } from '../page.js';
import { drawLines, linesBindings, pointLines, type LinesState } from './lines.js';

type Facts = Omit<BindingFacts, 'works'>;

export function helpPage(name: string, own: readonly Facts[], frame: readonly Facts[]): Page {
  const lines: Line[] = [
    plain(` ${name}`, 'bold'),
    ...own.map(bindingLine),
    [],
    plain(' everywhere', 'bold'),
    ...frame.map(bindingLine),
    [],
    plain(' mouse', 'bold'),
    ...MOUSE.map(([shown, help]) => bindingLine({ shown, help })),
  ];
  const state: LinesState = { lines, list: AT_START, offset: 0 };
  return makePage<LinesState>(
    {
      name: 'help',
      title: () => 'keys',
      bindings: linesBindings,
      draw: drawLines,
      point: pointLines,
    },
    state,
  );
}

const MOUSE = [
  ['click', 'puts the cursor there; once more opens what it is on'],
  ['wheel', 'moves the list under the pointer'],
  ['drag', 'moves the line between two panes'],
] as const;

function bindingLine({ shown, help }: Pick<Facts, 'shown' | 'help'>): Line {
  return [span('   '), span(left(shown, 12), 'key'), span(help)];
}
