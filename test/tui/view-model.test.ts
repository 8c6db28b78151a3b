// The explorer without a terminal: keys make states, states make rows.
import t from 'tap';
import { viewTrees } from '../../src/inspect/tree-view.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { Explorer } from '../../src/tui/view-model/explorer.js';
import { fitLine, lineWidth, plain, span, type Row } from '../../src/tui/view-model/line.js';
import { clampList, moveList, scrollList } from '../../src/tui/view-model/list.js';
import { makePage, type Page } from '../../src/tui/view-model/page.js';
import { paintedLines } from '../../src/tui/view-model/painted.js';
import { homePage } from '../../src/tui/view-model/pages/home.js';
import type { LsDocument } from '../../src/inspect/documents/ls.js';
import type { Port } from '../../src/tui/view-model/port.js';
import { isText, textLines } from '../../src/tui/view-model/pages/file-lines.js';
import { parsePathFilter } from '../../src/tui/view-model/path-filter.js';
import {
  filterTree,
  foldAll,
  foldRow,
  goTo,
  nextMatch,
  openTree,
  replaceTree,
  sortTree,
  type TreeState,
} from '../../src/tui/view-model/tree-rows.js';
import { makeTheme } from '../../src/report/theme.js';
import { paintRow, rowText } from '../../src/tui/view/paint.js';
import { THEMES } from '../../src/tui/view/theme.js';
import { RunningExplorer } from '../../src/tui/run-explorer.js';
import { indexOf } from '../support/index-layer.js';
import { layeredImage } from '../support/layered-image.js';

const text = (line: readonly { text: string }[]) => line.map((one) => one.text).join('');

t.test('a line in its columns', (t) => {
  t.equal(text(fitLine(plain('abc'), 5)), 'abc  ');
  t.equal(text(fitLine(plain('abcdef'), 5)), 'abcd…');
  t.equal(text(fitLine([span('ab'), span('cdef')], 4)), 'abc…');
  t.equal(text(fitLine(plain('日本語'), 5)), '日本…');
  t.equal(text(fitLine(plain('日本語'), 4)), '日… ', 'half a character is none');
  t.equal(text(fitLine(plain('a\u001b[31m\nb'), 20)), 'a\\x1b[31m\\nb        ');
  t.equal(text(fitLine(plain('x'.repeat(4000)), 10)), `${'x'.repeat(9)}…`);
  for (const width of [1, 2, 3, 10]) {
    for (const line of ['', 'a', 'ab', 'é日\u202e', 'x'.repeat(50)]) {
      t.equal(lineWidth(fitLine(plain(line), width)), width, `${JSON.stringify(line)} in ${width}`);
    }
  }
  t.end();
});

t.test('a row on a terminal', (t) => {
  const row: Row = [{ column: 2, width: 4, line: plain('ab', 'added'), look: 'plain' }];
  t.equal(
    paintRow(row, 1, 6, THEMES.default),
    '\u001b[2;1H\u001b[2K\u001b[2;3H\u001b[32mab  \u001b[0m',
  );
  t.notMatch(paintRow(row, 1, 6, THEMES.none), /\[3\d/, 'no colour');
  for (const theme of [THEMES.none]) {
    const codes = [...Object.values(theme.styles), ...Object.values(theme.looks), theme.barKey];
    t.notMatch(codes.join(';'), /\b[349]\d\b/);
  }
  t.end();
});

t.test('a cursor in a list', (t) => {
  t.same(moveList({ cursor: 0, top: 0 }, 'down', 3, 2), { cursor: 1, top: 0 });
  t.same(moveList({ cursor: 1, top: 0 }, 'j', 3, 2), { cursor: 2, top: 1 });
  t.same(moveList({ cursor: 2, top: 1 }, 'down', 3, 2), { cursor: 2, top: 1 });
  t.same(moveList({ cursor: 0, top: 0 }, 'G', 100, 10), { cursor: 99, top: 90 });
  t.same(moveList({ cursor: 99, top: 90 }, 'pageup', 100, 10), { cursor: 90, top: 90 });
  t.same(moveList({ cursor: 0, top: 0 }, 'down', 0, 10), { cursor: 0, top: 0 }, 'an empty one');
  t.same(clampList({ cursor: 50, top: 0 }, 10, 4), { cursor: 9, top: 6 });
  t.same(scrollList({ cursor: 0, top: 0 }, 3, 100, 10), { cursor: 3, top: 3 });
  t.same(scrollList({ cursor: 3, top: 3 }, -99, 100, 10), { cursor: 3, top: 0 });
  t.end();
});

t.test('the tree', async (t) => {
  const layers = await Promise.all(layeredImage().map((tar) => indexOf(tar)));
  const upTo = (count: number) => mergeLayers(layers.slice(0, count));
  const view = viewTrees(upTo(3), upTo(4), { changesOnly: false });
  const seen = (tree: TreeState) => Array.from(tree.rows, (row) => tree.view.path(row));
  const folded = openTree(view, 'name');
  t.same(seen(folded), [
    '/etc',
    '/flip',
    '/hard',
    '/hard2',
    '/moved',
    '/opt',
    '/soft',
    '/swap',
    '/tmp',
    '/usr',
  ]);
  const open = foldAll(folded, true);
  t.equal(open.rows.length, view.count - 1);
  t.same(seen(foldAll(open, false)), seen(folded));
  const etc = foldRow(folded, view.find('/etc'), true);
  t.same(seen(etc).slice(0, 3), ['/etc', '/etc/empty', '/etc/passwd']);
  const bySize = sortTree(open, 'size');
  t.same(new Set(seen(bySize)), new Set(seen(open)), 'the same rows in another order');
  for (const [at, row] of bySize.rows.entries()) {
    const parent = view.parent[row] ?? -1;
    if (parent > 0) t.ok(bySize.rows.indexOf(parent) < at, 'parents first');
  }
  t.equal(seen(bySize)[0], '/hard2', 'the largest first');
  t.match(seen(bySize).at(-1), /^\/tmp/, 'what is gone last');

  const filtered = (words: string) => filterTree(folded, parsePathFilter(words));
  const found = (words: string) =>
    seen(filtered(words)).filter((path) => filtered(words).found?.[view.find(path)] === 1);
  t.same(found('kind:deleted'), ['/tmp', '/tmp/x']);
  t.same(found('kind:changed'), ['/etc/passwd']);
  t.same(found('size>2k'), ['/hard2', '/opt/tool/bin']);
  t.same(found('size<7 /etc/**'), ['/etc/empty', '/etc/same', '/etc/secret']);
  t.same(found('layer:3 type:file'), ['/etc/secret', '/hard', '/swap']);
  t.same(found('PASS'), ['/etc/passwd']);
  t.same(found('*.so'), ['/usr/lib/b.so']);
  t.same(found('/\\.so$/'), ['/usr/lib/b.so']);
  t.same(found('/^.ETC.(same|secret)/i type:file'), ['/etc/same', '/etc/secret']);
  t.same(found('/etc/same'), ['/etc/same'], 'a path is a glob');
  t.throws(() => parsePathFilter('/(/'), /Unterminated|regular/i);
  t.equal(parsePathFilter('  '), undefined);
  t.throws(() => parsePathFilter('['), /closed/);
  t.same(found('nothing-has-this'), []);
  const two = filtered('size>2k');
  const at = (tree: TreeState) => tree.view.path(tree.rows[tree.list.cursor] ?? 0);
  t.same(
    [at(two), at(nextMatch(two, 1)), at(nextMatch(nextMatch(two, 1), 1))],
    ['/hard2', '/opt/tool/bin', '/hard2'],
  );
  t.equal(at(nextMatch(two, -1)), '/opt/tool/bin');

  const deep = goTo(open, view.find('/opt/tool/bin'));
  const below = replaceTree(deep, viewTrees(upTo(1), upTo(2), { changesOnly: false }));
  t.equal(at(below), '/opt/tool/bin', 'the cursor stays on its path');
  const other = replaceTree(etc, viewTrees(upTo(0), upTo(1), { changesOnly: false }));
  t.ok(seen(other).includes('/etc/passwd'), 'what is unfolded stays so');
  t.notOk(seen(other).includes('/opt/tool'));
});

t.test('faces of the commands', (t) => {
  const theme = makeTheme(true);
  const line = `a ${theme.added('b')} ${theme.finding('c')}\n${theme.dim('d')}`;
  t.same(paintedLines(line), [
    [span('a '), span('b', 'added'), span(' '), span('c', 'finding')],
    [span('d', 'dim')],
  ]);
  t.end();
});

t.test('text', (t) => {
  const bytes = (content: string) => Buffer.from(content);
  t.same(textLines(bytes('a\n\tb\nxy\tz')), ['a', '        b', 'xy      z']);
  t.ok(isText(bytes('é'), 2));
  t.ok(isText(bytes('é').subarray(0, 1), 2), 'cut in the middle');
  t.notOk(isText(bytes('é').subarray(0, 1), 1));
  t.notOk(isText(bytes('a\0'), 2));
  t.end();
});

interface Counter {
  readonly count: number;
  readonly said: string;
}

function counter(name: string): Page {
  return makePage<Counter>(
    {
      name,
      title: () => name,
      bindings: [
        {
          keys: ['a'],
          shown: 'a',
          label: 'add',
          help: 'one more',
          act: (state) => ({ state: { ...state, count: state.count + 1 } }),
        },
        {
          keys: ['enter'],
          shown: 'Enter',
          help: 'another',
          act: () => ({ effects: [{ kind: 'open', page: counter('second') }] }),
        },
        {
          keys: ['/'],
          shown: '/',
          help: 'say',
          act: () => ({
            effects: [
              {
                kind: 'prompt',
                prompt: {
                  label: 'say',
                  text: '',
                  change: (said, done) => (state) => ({
                    state: { ...state, said: done ? (said ?? 'nothing') : state.said },
                  }),
                },
              },
            ],
          }),
        },
        {
          keys: ['z'],
          shown: 'z',
          help: 'never',
          works: () => false,
          act: () => {
            throw new Error('it does not work here');
          },
        },
        {
          keys: ['!'],
          shown: '!',
          help: 'break',
          act: () => {
            throw new Error('broken');
          },
        },
      ],
      draw: ({ count, said }) => [
        [{ column: 0, width: 20, line: plain(`${count} ${said}`), look: 'plain' }],
      ],
    },
    { count: 0, said: '' },
  );
}

t.test('pages, back and forward', (t) => {
  const explorer = new Explorer(counter('first'), { columns: 60, rows: 6 }, () => 0);
  const screen = () => explorer.draw().map(rowText);
  const press = (...keys: readonly string[]) => {
    for (const key of keys) explorer.handle({ kind: 'key', key });
  };
  t.equal(screen().length, 6);
  press('a', 'a', 'z', 'unknown');
  t.match(screen()[1], /^2/);
  t.match(screen()[5], /a add.*\? keys.*q quit/);
  t.notMatch(screen()[5], /Esc/, 'there is no way back from the first');
  press('enter');
  t.match(screen()[0], /first › second/);
  t.match(screen()[5], /Esc back/);
  press('a', 'escape');
  t.match(screen()[1], /^2/);
  press(']');
  t.match(screen()[1], /^1/, 'as it was left');
  press('escape', '/', 'h', 'space', 'q', 'x', 'backspace', 'enter');
  t.match(screen()[1], /^2 h q/, 'letters go to the prompt');
  press('/', 'x', 'escape');
  t.match(screen()[1], /nothing/);
  press('?');
  t.match(screen().join('\n'), /one more/);
  press('?');
  t.same(explorer.takeTasks(), []);
  press('q');
  t.same(explorer.takeTasks(), [{ kind: 'quit' }]);
  for (const size of [
    { columns: 1, rows: 1 },
    { columns: 10, rows: 2 },
    { columns: 300, rows: 100 },
  ]) {
    explorer.handle({ kind: 'resize', size });
    t.equal(screen().length, size.rows);
  }
  t.end();
});

/** The first page with what `ls` answered. */
async function homeOf(document: Partial<LsDocument>): Promise<Explorer> {
  const list = { containers: [], unmanaged: [], images: [], problems: [], ...document };
  const port = { now: () => 0, list: () => Promise.resolve(list) } as unknown as Port;
  const explorer = new Explorer(homePage(), { columns: 110, rows: 24 }, () => 600_000);
  for (const task of explorer.takeTasks()) if (task.kind === 'ask') (await task.ask(port))();
  return explorer;
}

const created = { command: [], state: 'created' as const, labels: {} };
const web = { engine: 'cutaway', id: 'c1', name: 'web', image: 'x', ...created };
const image = { engine: 'cutaway', id: 'sha256:0', references: ['x:1'], digest: 'sha256:0' };
const sized = { ...image, platform: 'linux/amd64', layers: 1, size: 1 };

t.test('the cursor of the first page goes over headings', async (t) => {
  const explorer = await homeOf({ containers: [web], images: [sized] });
  const on = () => explorer.page.select().path;
  const after = (key: string) => {
    explorer.handle({ kind: 'key', key });
    return on();
  };
  t.equal(on(), 'cutaway:web');
  t.equal(after('down'), 'cutaway:x:1');
  t.equal(after('down'), 'cutaway:x:1');
  t.equal(after('home'), 'cutaway:web');
  t.equal(after('up'), 'cutaway:web');
  t.equal(after('end'), 'cutaway:x:1');
  t.equal(after('up'), 'cutaway:web');
});

t.test('the first page has all engines, and what is wrong with them', async (t) => {
  const startedAt = new Date(0).toISOString();
  const running = { ...web, state: 'running' as const, startedAt, pid: 7 };
  const explorer = await homeOf({
    containers: [
      web,
      { ...running, engine: 'podman@alice', id: 'p1', name: 'held', state: 'paused', pid: 8 },
      { ...running, engine: 'docker', id: 'd1', name: 'api', labels: { tier: 'Front' } },
      { ...web, engine: 'lxc', id: 'l1', name: 'gone', state: 'exited', error: 'power was cut' },
    ],
    unmanaged: [
      {
        pid: 9,
        processes: 2,
        namespaces: [{ type: 'net', inode: '1' }],
        command: { comm: 'sh', argv: ['sh', '-c', '\u001b[31m'] },
        startedAt,
      },
    ],
    images: [{ ...sized, engine: 'containerd' }],
    problems: [{ code: 'engine-unreadable', message: 'docker: it cannot be read' }],
  });
  const screen = () => explorer.draw().map(rowText);
  t.match(screen().slice(1, 12), [
    / Containers {2}4, 1 running, 1 paused {2}a problem, below/,
    /● docker {7}api .* up 10 minutes .* pid 7$/,
    /◐ podman@alice held .* paused, up 10 minutes .* pid 8$/,
    /○ cutaway {6}web .* created/,
    /○ lxc {10}gone .* lost: power was cut/,
    / Unmanaged {2}1/,
    /● - {12}sh -c \\x1b\[31m .* pid 9 {2}net, 2 processes {2}10 minutes/,
    / Images {2}1/,
    /containerd {3}x:1/,
    / Problems {2}1/,
    /! docker: it cannot be read/,
  ]);
  const type = (...keys: readonly string[]) => {
    for (const key of keys) explorer.handle({ kind: 'key', key });
  };
  type('end');
  t.equal(explorer.page.select().path, undefined, 'a problem is no target');
  type('up', 'up');
  t.equal(explorer.page.select().path, 'pid:9');
  type('enter');
  t.equal(explorer.page.name, 'processes');
  type('escape', '/', ...Array.from('tier=f'));
  t.match(screen().join('\n'), /Containers {2}1, 1 running/);
  type('C-u', ...Array.from('podman'), 'space', ...Array.from('paused'));
  t.match(screen().join('\n'), /Containers {2}1, 0 running, 1 paused/);
});

t.test('a page that is not shown does not look', async (t) => {
  const explorer = await homeOf({ containers: [web] });
  const [again] = explorer.takeTasks();
  explorer.open(counter('other'));
  if (again?.kind === 'later') again.update();
  t.same(explorer.takeTasks(), []);
  explorer.handle({ kind: 'key', key: 'escape' });
  t.match(explorer.takeTasks(), [{ kind: 'ask' }], 'it goes on when it is shown again');
});

t.test('what breaks gives the screen back', async (t) => {
  let isEntered = false;
  let listener: ((event: { kind: 'key'; key: string }) => void) | undefined;
  const running = new RunningExplorer({
    screen: {
      size: { columns: 60, rows: 6 },
      enter: () => {
        isEntered = true;
      },
      leave: () => {
        isEntered = false;
      },
      paint: () => undefined,
      forget: () => undefined,
      copy: () => undefined,
      listen: (on) => {
        listener = on;
      },
    },
    port: { now: () => 0 } as Port,
    pages: [counter('first')],
    suspend: () => undefined,
  });
  t.ok(isEntered);
  listener?.({ kind: 'key', key: '!' });
  await t.rejects(running.ended, /broken/);
  t.notOk(isEntered);
});
