// The explorer in a real terminal: its screens, all of its keys, and how it leaves the terminal.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { cannotRun, eventually, makeCutaway, type Cutaway } from '../support/cli.js';
import { buildDockerArchive } from '../support/build-image.js';
import { layeredImage } from '../support/layered-image.js';
import { openTerminal, type Terminal } from '../support/terminal.js';

/** A screen that differs is written anew with this set; then look at what git says. */
const UPDATE = process.env['CUTAWAY_UPDATE_SCREENS'] === '1';

function archive(cutaway: Cutaway): string {
  const path = `${cutaway.directory}/layered.tar`;
  writeFileSync(path, buildDockerArchive([{ layers: layeredImage(), tags: ['layered:1'] }]));
  return path;
}

/** What is another's tomorrow: ids, pids, ages, paths of this test. */
function normal(screen: string, cutaway: Cutaway): string {
  return `${screen
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replaceAll(cutaway.directory, '/test')
    .replace(/[0-9a-f]{12,64}/g, (id) => 'f'.repeat(id.length))}\n`;
}

async function sameScreen(t: Test, terminal: Terminal, cutaway: Cutaway, name: string) {
  const path = `test/e2e/screens/${name}.txt`;
  const shown = () => normal(terminal.screen(), cutaway);
  if (UPDATE) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    writeFileSync(path, shown());
  }
  const wanted = existsSync(path) ? readFileSync(path, 'utf8') : '';
  await eventually(() => shown() === wanted, name).catch(() => undefined);
  t.equal(shown(), wanted, name);
}

/** JSON of any kind. */
const parse = (line: string) => JSON.parse(line);

let sockets = 0;

function explorer(t: Test, cutaway: Cutaway, ...args: readonly string[]): Terminal {
  const program = [...cutaway.argv, ...args].join(' ');
  const command = `cd ${cutaway.directory}; env CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${program}; echo status $?`;
  sockets += 1;
  return openTerminal(t, `${cutaway.directory}/tmux${sockets}`, command);
}

const skip = cannotRun('tmux');
t.test('screens of an image', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const terminal = explorer(t, cutaway, 'tui', archive(cutaway));
  await terminal.shows('Layers');
  await sameScreen(t, terminal, cutaway, 'image-80x24');
  terminal.press('+', 'Tab', 'Down');
  await terminal.shows('▾ deep/');
  terminal.resize(120, 40);
  await sameScreen(t, terminal, cutaway, 'image-120x40');
  terminal.resize(60, 15);
  await sameScreen(t, terminal, cutaway, 'image-60x15');
  terminal.resize(200, 60);
  await sameScreen(t, terminal, cutaway, 'image-200x60');
  terminal.resize(80, 24);
  terminal.press('v');
  await terminal.shows('what layer 4 did');
  await sameScreen(t, terminal, cutaway, 'image-layer-80x24');
  terminal.press('?');
  await terminal.shows('everywhere');
  await sameScreen(t, terminal, cutaway, 'keys-80x24');
  terminal.press('q');
  await terminal.shows('status 0');
  t.same(terminal.modes(), []);
});

interface Press {
  /** As tmux names it. */
  readonly key: string;
  readonly shows?: string | RegExp;
  /** As the page of keys has it, where that is another. */
  readonly help?: string;
}

async function pressAll(t: Test, terminal: Terminal, presses: readonly Press[]): Promise<void> {
  for (const { key, shows } of presses) {
    terminal.press(key);
    if (shows !== undefined) await terminal.shows(shows);
    t.pass(`${key}: ${String(shows ?? '')}`);
  }
}

/** Every key that `?` names is among those that a test presses. */
async function namesNoOther(t: Test, terminal: Terminal, presses: readonly Press[]): Promise<void> {
  terminal.resize(120, 50);
  terminal.press('?');
  await terminal.shows('everywhere');
  const named = [...terminal.screen().matchAll(/^ {3}(\S.{0,11}?) {2,}\S/gm)]
    .map(([, shown = '']) => shown)
    .filter((shown) => !['click', 'wheel', 'drag'].includes(shown))
    .flatMap((shown) => shown.split(' '));
  const pressed = new Set(presses.map(({ key, help }) => help ?? key));
  t.ok(named.length > 10, `${named.length} keys`);
  t.same(
    named.filter((key) => !pressed.has(key)),
    [],
    'every key of the page is pressed',
  );
  terminal.press('Escape');
  terminal.resize(80, 24);
}

const FRAME: readonly Press[] = [
  { key: 'J', shows: '"' },
  { key: 'Escape', help: 'Esc' },
  { key: ']', shows: 'JSON' },
  { key: 'Escape', help: 'Esc' },
  { key: 'y', shows: 'path' },
  { key: 'c', shows: 'copied the command: cutaway' },
  { key: 'd', shows: /marked|compared/ },
  { key: 'd', shows: /not marked|compared/ },
  { key: 'C-l', help: 'Ctrl-L' },
  { key: '?', shows: 'everywhere' },
  { key: 'Escape', help: 'Esc' },
];
const MOVES: readonly Press[] = [
  { key: 'Up', help: '↑' },
  { key: 'Down', help: '↓' },
  { key: 'j' },
  { key: 'k' },
  { key: 'PageDown' },
  { key: 'PageUp' },
  { key: 'End' },
  { key: 'Home' },
];
/** Pressed in tests of their own. */
const LAST: readonly Press[] = [{ key: 'C-z', help: 'Ctrl-Z' }, { key: 'q' }];

t.test('every key of an image', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const terminal = explorer(t, cutaway, 'tui', archive(cutaway));
  await terminal.shows('Layers');
  const presses: readonly Press[] = [
    ...MOVES,
    { key: 'G' },
    { key: 'Tab', shows: /path +\// },
    { key: 'Tab', shows: 'chainID' },
    { key: 'Enter', shows: /path +\// },
    { key: '+', shows: '▾ deep/' },
    { key: '-', shows: '▸ opt/' },
    { key: 's', shows: 'by name' },
    { key: 's', shows: 'by size' },
    { key: 'v', shows: 'what layer 4 did' },
    { key: 'v', shows: 'all layers together' },
    { key: 'v', shows: 'after layer 4' },
    { key: '/', shows: 'size>1M' },
    { key: 'kind:added' },
    { key: 'Space' },
    { key: '/to+l/' },
    { key: 'Enter', shows: '/kind:added /to+l/' },
    { key: 'n', shows: /path +\/opt\/tool/ },
    { key: 'N' },
    { key: 'Escape', help: 'Esc' },
    { key: 'g' },
    { key: '/' },
    { key: 'passwd' },
    { key: 'Enter', shows: /path +\/etc\/passwd/ },
    { key: 'b', shows: 'layers say something' },
    { key: 'Escape', help: 'Esc' },
    { key: 'e', shows: 'extract into the directory' },
    { key: 'C-u' },
    { key: `${cutaway.directory}/out` },
    { key: 'Enter', shows: '1 files, 0 directories written' },
    { key: 'Escape', help: 'Esc' },
    { key: '-', shows: '▸ etc/' },
    { key: 'Home' },
    { key: 'Down', help: '↓' },
    { key: 'Space', shows: '▾' },
    { key: 'Space', shows: '▸' },
    { key: 'Right', help: '→', shows: '▾' },
    { key: 'Left', help: '←', shows: '▸' },
    { key: 'l', shows: '▾' },
    { key: 'h', shows: '▸' },
    { key: 'h', shows: 'chainID' },
    { key: '>' },
    { key: '<' },
    ...FRAME,
  ];
  await pressAll(t, terminal, presses);
  t.equal(readFileSync(`${cutaway.directory}/out/passwd`, 'utf8'), 'root\nuser\n');
  const others = [{ key: 'p', help: 'p' }];
  await namesNoOther(t, terminal, [...presses, ...LAST, ...others]);
});

t.test('every key of a comparison', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  archive(cutaway);
  const terminal = explorer(t, cutaway, 'tui', 'layered.tar');
  await terminal.shows('Layers');
  const mark: readonly Press[] = [
    { key: 'Home', shows: 'after layer 1, by size' },
    { key: 'd', shows: /marked .*layered.tar@1: d on another/ },
    { key: 'End', shows: 'after layer 4, by size' },
    { key: 'd', shows: 'Before' },
  ];
  await pressAll(t, terminal, mark);
  await terminal.shows('more, ');
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [200, 60],
    [60, 15],
  ] as const) {
    terminal.resize(columns, rows);
    await sameScreen(t, terminal, cutaway, `compare-${columns}x${rows}`);
  }
  terminal.resize(80, 24);
  const presses: readonly Press[] = [
    ...MOVES,
    { key: '/' },
    { key: 'passwd' },
    { key: 'Enter', shows: '/passwd: 1' },
    { key: 'Enter', shows: '+user' },
    ...MOVES,
    { key: 'Right', help: '→' },
    { key: 'Left', help: '←' },
    { key: 'c', shows: 'diff --content --path /etc/passwd' },
    { key: 'Escape', help: 'Esc', shows: 'Before' },
    { key: '1', shows: /1 root$/m },
    { key: 'Escape', help: 'Esc', shows: 'Before' },
    { key: '2', shows: '2 user' },
    { key: 'Escape', help: 'Esc', shows: 'Before' },
    { key: 'Escape', help: 'Esc', shows: /by path$/m },
    { key: 's', shows: /by size$/m },
    { key: 's', shows: /by path$/m },
    { key: 'r' },
    { key: '<' },
    { key: '>' },
    { key: 'w', shows: /Before .*layered.tar +│/ },
    { key: 'Escape', help: 'Esc', shows: /After .*layered.tar$/m },
    ...FRAME,
  ];
  await pressAll(t, terminal, presses);
  await namesNoOther(t, terminal, [...presses, ...LAST]);
});

t.test('every key of a file', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const terminal = explorer(t, cutaway, 'tui', archive(cutaway));
  await terminal.shows('Layers');
  const presses: readonly Press[] = [
    { key: '/' },
    { key: 'passwd' },
    { key: 'Enter', shows: /path +\/etc\/passwd/ },
    { key: 'Enter', shows: /1 root\n 2 user/ },
    ...MOVES,
    { key: 'Right', help: '→' },
    { key: 'Left', help: '←' },
    { key: 'x', shows: 'root.user.' },
    { key: 't', shows: '1 root' },
    { key: 'b', shows: '3 of 4 layers say something' },
    { key: 'Down' },
    { key: 'd', shows: '+user' },
    { key: 'b' },
    { key: 'Space', shows: ' *' },
    { key: 'Down' },
    { key: 'Enter', shows: 'as layer 2 has it' },
    { key: 'e', shows: 'extract into' },
    { key: 'Escape', help: 'Esc' },
    ...FRAME,
  ];
  await pressAll(t, terminal, presses);
  await namesNoOther(t, terminal, [...presses, ...LAST]);
});

t.test('a host with a container', { skip: cannotRun('tmux', 'runc', 'busybox') }, async (t) => {
  const cutaway = makeCutaway(t);
  await cutaway.text(
    'run',
    '-d',
    '--name',
    'web',
    'busybox',
    'sh',
    '-c',
    'echo said; echo x >/new; sleep 1000',
  );
  const terminal = explorer(t, cutaway);
  await terminal.shows('1 running');
  const home: readonly Press[] = [
    ...MOVES,
    { key: 'G' },
    { key: 'g' },
    { key: 'r' },
    { key: '/' },
    { key: 'web' },
    { key: 'Enter', shows: 'Images  0' },
    { key: '/' },
    { key: 'C-u', shows: 'Images  1' },
    { key: 'Enter' },
    { key: 'p', shows: 'processes of' },
    { key: 'Escape', help: 'Esc', shows: 'Images' },
    { key: 'm', shows: /user +cgroup|TYPE/ },
    { key: 'Escape', help: 'Esc', shows: 'Images' },
    { key: 't', shows: 'Layers' },
    { key: 'Escape', help: 'Esc', shows: 'Images' },
    { key: 'Home' },
    ...FRAME,
    { key: 'Enter', shows: '│ upper' },
  ];
  await pressAll(t, terminal, home);
  const container: readonly Press[] = [
    ...MOVES,
    { key: 'p', shows: 'sleep 1000' },
    { key: 'm' },
    { key: 'Escape', help: 'Esc', shows: 'sleep 1000' },
    ...MOVES,
    ...FRAME,
    { key: 'Escape', help: 'Esc', shows: '│ upper' },
    { key: 'm', shows: /user +cgroup|TYPE/ },
    ...MOVES,
    ...FRAME,
    { key: 'Escape', help: 'Esc', shows: '│ upper' },
    { key: 't', shows: 'what the container' },
    { key: 'p', shows: 'sleep 1000' },
    { key: 'Escape', help: 'Esc' },
    { key: 'Escape', help: 'Esc', shows: '│ upper' },
    { key: 'Tab', shows: /^ \/proc +proc/m },
    { key: '3', shows: /memory|pids/ },
    { key: '4', shows: '  said' },
    { key: '5', shows: 'env       ' },
    { key: 'Right', help: '→' },
    { key: 'Left', help: '←' },
    { key: '2', shows: /^ \/proc +proc/m },
    { key: '1', shows: '│ upper' },
    { key: 'r' },
    { key: 'End', shows: 'A /new' },
    { key: 'Enter', shows: /1 x$/m },
    { key: 'Escape', help: 'Esc', shows: 'A /new' },
    ...FRAME,
  ];
  await pressAll(t, terminal, container);
  await namesNoOther(t, terminal, [...container, ...LAST]);
  terminal.press('Escape');
  await terminal.shows('Images');
  await namesNoOther(t, terminal, [...home, ...LAST]);
  await cutaway.text('rm', '-f', 'web');
  await terminal.shows('0 running');
});

t.test('the mouse', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const terminal = explorer(t, cutaway, 'tui', archive(cutaway));
  await terminal.shows('Layers');
  // SGR mouse reports (xterm ctlseqs, "Extended coordinates"): button;column;row, M for a press.
  const click = (column: number, row: number) => {
    terminal.press('-l', `\u001b[<0;${column};${row}M`);
  };
  click(5, 4);
  await terminal.shows('after layer 2, by size');
  click(50, 5);
  await terminal.shows(/path +\/opt/);
  terminal.press('+');
  await terminal.shows('▾ opt/');
  terminal.press('-l', '\u001b[<65;50;5M');
  await eventually(() => !terminal.screen().includes('hard2'), 'the wheel moves the files');
  terminal.press('-l', '\u001b[<64;50;5M');
  await terminal.shows('hard2');
  terminal.press('-l', '\u001b[<0;29;9M', '\u001b[<32;40;9M', '\u001b[<0;40;9m');
  await terminal.shows(/not {3}│ Files/);
  click(50, 5);
  await terminal.shows(/path +\/opt$/m);
  // Where the cursor is already.
  click(50, 5);
  await terminal.shows('▸ opt/');
  t.pass('a second click opens');
});

t.test('the terminal is given back', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const path = archive(cutaway);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const pidFile = `${cutaway.directory}/pid-${signal}`;
    const program = [...cutaway.argv, 'tui', path].join(' ');
    const inner = `echo $$ >${pidFile}; exec env CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${program}`;
    sockets += 1;
    const terminal = openTerminal(
      t,
      `${cutaway.directory}/tmux${sockets}`,
      `echo before; sh -c '${inner}'; echo status $?; stty -a`,
    );
    await terminal.shows('Layers');
    t.same(terminal.modes(), ['alternate', 'no cursor', 'mouse']);
    process.kill(Number(readFileSync(pidFile, 'utf8')), signal);
    await terminal.shows(`status ${{ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]}`);
    await terminal.shows(/(?<!-)icanon.*(?<!-)echo /s);
    t.same(terminal.modes(), [], signal);
    t.match(terminal.screen(), /^before$/m);
    terminal.close();
  }
});

t.test('suspended and gone on with', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  sockets += 1;
  const terminal = openTerminal(t, `${cutaway.directory}/tmux${sockets}`, 'bash --norc -i');
  const program = [...cutaway.argv, 'tui', archive(cutaway)].join(' ');
  terminal.press(`CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${program}`, 'Enter');
  await terminal.shows('Layers');
  terminal.press('C-z');
  await terminal.shows('Stopped');
  t.same(terminal.modes(), []);
  terminal.press('fg', 'Enter');
  await terminal.shows('Layers');
  terminal.press('v');
  await terminal.shows('what layer 4 did');
  terminal.press('C-c');
  await terminal.shows('fg');
  t.same(terminal.modes(), []);
});

t.test('a script and a recording', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const [keys, cast] = [`${cutaway.directory}/keys`, `${cutaway.directory}/look.cast`];
  writeFileSync(keys, '# look\nwait Layers\nkey Tab v\nwait what layer\nkey q\npause 50\n');
  const args = ['tui', '--script', keys, '--record', cast, archive(cutaway)];
  const terminal = explorer(t, cutaway, ...args);
  await terminal.shows('status 0');
  const [header, ...events] = readFileSync(cast, 'utf8').trimEnd().split('\n').map(parse);
  t.match(header, { version: 2, width: 80, height: 24 });
  t.ok(events.every(([at, kind, text]) => at >= 0 && kind === 'o' && typeof text === 'string'));
  const text = events.map(([, , one]) => one as string).join('');
  t.ok(text.startsWith('\u001b[?1049h') && text.endsWith('\u001b[?1049l'));
  t.match(text, /what layer 4 did/);

  writeFileSync(keys, 'wait Layers\njump\n');
  const wrong = explorer(t, cutaway, 'tui', '--script', keys, archive(cutaway));
  await wrong.shows('line 2 of the script: "jump" is no step');
  await wrong.shows('status 2');
});

t.test('what it is not', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { status, stderr } = await cutaway.run(['tui']);
  t.equal(status, 2);
  t.match(stderr, /needs a terminal/);
  const terminal = explorer(t, cutaway, 'tui', 'no-such-image');
  await terminal.shows('no container, image or archive is called');
  await terminal.shows('status 2');
  t.same(terminal.modes(), []);
});
