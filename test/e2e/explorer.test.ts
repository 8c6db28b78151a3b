// The explorer in a real terminal: its screens, the mouse, and how it leaves the terminal.
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, eventually, makeCutaway } from '../support/cli.js';
import { archive, explorer, sameScreen } from '../support/explorer.js';
import { openTerminal } from '../support/terminal.js';

/** JSON of any kind. */
const parse = (line: string) => JSON.parse(line);

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
    const terminal = openTerminal(
      t,
      `${cutaway.directory}/tmux-${signal}`,
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
  const terminal = openTerminal(t, `${cutaway.directory}/tmux-shell`, 'bash --norc -i');
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
  const [still, last] = [`${cutaway.directory}/a.svg`, `${cutaway.directory}/last.svg`];
  const steps = `wait Layers\ndrag 29 9 40 9\nstill ${still}\nkey Tab v\nwait what layer\nkey q\npause 50\n`;
  writeFileSync(keys, `# look\n${steps}`);
  const files = ['--script', keys, '--record', cast, '--still', last];
  const args = ['tui', ...files, archive(cutaway)];
  const terminal = explorer(t, cutaway, ...args);
  await terminal.shows('status 0');
  const [header, ...events] = readFileSync(cast, 'utf8').trimEnd().split('\n').map(parse);
  t.match(header, { version: 2, width: 80, height: 24 });
  t.ok(events.every(([at, kind, text]) => at >= 0 && kind === 'o' && typeof text === 'string'));
  const text = events.map(([, , one]) => one as string).join('');
  t.ok(text.startsWith('\u001b[?1049h') && text.endsWith('\u001b[?1049l'));
  t.match(text, /what layer 4 did/);
  for (const [path, shown] of [
    [still, /after layer 4, by size/],
    [last, /what layer 4 did/],
  ] as const) {
    const picture = readFileSync(path, 'utf8');
    t.match(picture, /^<svg xmlns="[^"]*" width="692" height="452"/);
    t.match(picture, shown);
    t.match(picture, /<text x="337.6"[^>]*>│</, 'the line was dragged to column 40');
    t.match(picture, / Layers<\/text>/);
    t.notMatch(
      picture.replace(/<\/?(?:svg|rect|g|text)(?: [\w:-]+="[^"<>]*")*\/?>/g, ''),
      /[<>\u001b]/,
    );
  }

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
