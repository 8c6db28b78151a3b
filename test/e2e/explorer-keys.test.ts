// Every key of the explorer in a real terminal, page by page.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, makeCutaway } from '../support/cli.js';
import {
  archive,
  explorer,
  FRAME,
  LAST,
  MOVES,
  namesNoOther,
  pressAll,
  sameScreen,
  type Press,
} from '../support/explorer.js';

const skip = cannotRun('tmux');

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
  terminal.press('f');
  await terminal.shows('Processes  an image has none');
  await terminal.shows('What is stored  nothing');
  terminal.press('Escape');
  await terminal.shows('Layers');
  const others = [{ key: 'p' }, { key: 'f' }];
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
  const findings: readonly Press[] = [
    { key: 'r', shows: /What is stored {2}(\d|nothing)/ },
    { key: 'Right', help: '→' },
    { key: 'Left', help: '←', shows: 'no-security-label' },
    ...FRAME,
    { key: 'Home' },
    { key: 'Down', shows: /./ },
    ...MOVES,
  ];
  const acts: readonly Press[] = [
    { key: 'x', shows: /act on cutaway:web/ },
    ...MOVES,
    { key: 'Escape', help: 'Esc' },
  ];
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
    ...acts,
    { key: 'f', shows: /Processes {2}(\d|nothing)/ },
    ...findings,
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
    ...acts,
    { key: 'f', shows: /no-security-label|new-privileges/ },
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
  await cutaway.text('create', '--name', 'later', 'busybox', 'sleep', '1000');
  await terminal.shows('Containers  2, 1 running');
  await pressAll(t, terminal, [
    { key: 'Home' },
    { key: 'x', shows: /act on cutaway:web/ },
    { key: 'Enter', shows: 'cutaway stop web: y does it' },
    { key: 'n' },
    { key: 'Enter', shows: 'not done: cutaway stop web' },
    { key: 'Down' },
    { key: 'Down' },
    { key: 'Enter', shows: 'cutaway pause web: y does it' },
    { key: 'y' },
    { key: 'Enter', shows: 'done: cutaway pause web' },
    { key: 'r', shows: 'paused' },
    { key: 'x', shows: /act on cutaway:web/ },
    { key: 'Down' },
    { key: 'Down' },
    { key: 'Enter', shows: 'cutaway unpause web: y does it' },
    { key: 'y' },
    { key: 'Enter', shows: 'done: cutaway unpause web' },
    { key: 'r', shows: '1 running' },
    { key: 'x', shows: /act on cutaway:web/ },
    { key: 'End' },
    { key: 'Enter', shows: 'cutaway rm -f web: y does it' },
    { key: 'n' },
    { key: 'Enter', shows: 'not done: cutaway rm -f web' },
    { key: 'c', shows: 'copied the command: cutaway rm -f web' },
    { key: 'Enter', shows: 'y does it' },
    { key: 'y' },
    { key: 'Enter', shows: 'done: cutaway rm -f web' },
    { key: 'r', shows: 'Containers  1, 0 running' },
    { key: 'x', shows: /act on cutaway:later/ },
    { key: 'Enter', shows: 'cutaway start later: y does it' },
    { key: 'y' },
    { key: 'Enter', shows: 'done: cutaway start later' },
    { key: 'r', shows: 'Containers  1, 1 running' },
  ]);
  // Without any key.
  await cutaway.text('rm', '-f', 'later');
  await terminal.shows('0 running');
});
