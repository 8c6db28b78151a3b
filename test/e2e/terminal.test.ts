// -t and -it on a real terminal.
import t from 'tap';
import { cannotRun, eventually, leftovers, makeCutaway } from '../support/cli.js';
import { openTerminal } from '../support/terminal.js';

async function testTerminal(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('load', 'busybox');
  let sockets = 0;
  const lineOf = (args: readonly string[]) => {
    const quoted = [...cutaway.argv, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    return `CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${quoted.join(' ')}`;
  };
  /** A shell line in a terminal of its own; it ends with "status N". */
  const open = (t: Parameters<typeof openTerminal>[0], ...args: readonly string[]) => {
    sockets += 1;
    return openTerminal(
      t,
      `${cutaway.directory}/tmux-${sockets}`,
      `${lineOf(args)}; echo status $?`,
    );
  };
  const about =
    'for fd in 0 1 2; do test -t $fd && echo fd $fd is a terminal; done; stty size; tty; echo $TERM';

  await t.test('-it: a terminal on all three', async (t) => {
    const terminal = open(t, 'run', '--rm', '-it', 'busybox', 'sh', '-c', `${about}; exit 3`);
    await terminal.shows('status 3');
    const lines = [
      'fd 0 is a terminal',
      'fd 1 is a terminal',
      'fd 2 is a terminal',
      '24 80',
      '/dev/pts/0',
      'xterm',
      'status 3',
    ];
    t.same(terminal.screen().split('\n'), lines);
  });

  await t.test('-t alone', async (t) => {
    const terminal = open(t, 'run', '--rm', '-t', 'busybox', 'sh', '-c', about);
    await terminal.shows('status 0');
    t.match(
      terminal.screen(),
      /^fd 0 is a terminal\nfd 1 is a terminal\nfd 2 is a terminal\n24 80\n/,
    );
  });

  await t.test('without -t none, though there is one', async (t) => {
    const terminal = open(
      t,
      'run',
      '--rm',
      '-i',
      'busybox',
      'sh',
      '-c',
      `${about}; read line; echo got $line`,
    );
    await terminal.shows('not a tty');
    terminal.press('typed', 'Enter');
    await terminal.shows('got typed');
    await terminal.shows('status 0');
    t.notMatch(terminal.screen(), /fd 1 is/);
  });

  await t.test('what is typed, line editing and the end of input', async (t) => {
    const terminal = open(t, 'run', '--rm', '-it', '--name', 'shell', 'busybox');
    await terminal.shows('/ #');
    terminal.press('echo $((6 * 7)) uts=$(hostname)', 'Enter');
    await terminal.shows(/^42 uts=[0-9a-f]{12}$/m);
    terminal.press('echo hxllo', 'BSpace', 'BSpace', 'BSpace', 'BSpace', 'ello', 'Enter');
    await terminal.shows(/^hello$/m);
    t.match((await cutaway.json('ps')).containers, [{ name: 'shell', state: 'running' }]);
    terminal.press('sh -c "exit 9"', 'Enter', 'C-d');
    await terminal.shows('status 9');
  });

  await t.test('the size follows', async (t) => {
    const script = 'trap "stty size" WINCH; stty size; echo ready; while :; do sleep 0.1; done';
    const terminal = open(
      t,
      'run',
      '--rm',
      '-it',
      '--name',
      'sized',
      'busybox',
      'sh',
      '-c',
      script,
    );
    await terminal.shows('ready');
    terminal.resize(100, 30);
    await terminal.shows(/^30 100$/m);
    terminal.resize(60, 20);
    await terminal.shows(/^20 60$/m);
    await cutaway.text('rm', '-f', 'sized');
    await terminal.shows('status 137');
  });

  await t.test('Ctrl-C reaches the program, and only it', async (t) => {
    const script =
      'trap "echo interrupted" INT; echo ready; n=0; while [ $n -lt 3 ]; do sleep 0.2; n=$((n + 1)); done; echo done';
    const terminal = open(t, 'run', '--rm', '-it', 'busybox', 'sh', '-c', script);
    await terminal.shows('ready');
    terminal.press('C-c');
    await terminal.shows('interrupted');
    await terminal.shows('status 0');
    t.match(terminal.screen(), /\^Cinterrupted\ndone\nstatus 0$/);
  });

  await t.test('Ctrl-C without -t is a signal', async (t) => {
    const script = 'trap "echo interrupted; exit 4" INT; echo ready; while :; do sleep 0.1; done';
    const terminal = open(t, 'run', '--rm', 'busybox', 'sh', '-c', script);
    await terminal.shows('ready');
    terminal.press('C-c');
    await terminal.shows('status 4');
    t.match(terminal.screen(), /interrupted/);
  });

  await t.test('the terminal is as before when it ends', async (t) => {
    const run = lineOf(['run', '--rm', '-it', 'busybox', 'stty', '-echo', '-icanon', 'raw']);
    const line = `a=$(stty -g); ${run}; echo status $?; [ "$a" = "$(stty -g)" ] && echo the same`;
    const terminal = openTerminal(t, `${cutaway.directory}/tmux-same`, line);
    await terminal.shows('status 0');
    await terminal.shows('the same');
  });

  await t.test('created with -it, started with -ai', async (t) => {
    await cutaway.text('create', '-it', '--name', 'later', 'busybox');
    const terminal = open(t, 'start', '-ai', 'later');
    await terminal.shows('/ #');
    terminal.press('tty; exit 6', 'Enter');
    await terminal.shows('/dev/pts/0');
    await terminal.shows('status 6');
    await cutaway.text('rm', 'later');
  });

  await t.test('the terminal is closed', async (t) => {
    const terminal = open(t, 'run', '--rm', '-it', '--name', 'hung', 'busybox');
    await terminal.shows('/ #');
    terminal.close();
    // A shell that is process 1 is not ended by a hang-up; Docker leaves it running too.
    t.match((await cutaway.json('ps')).containers, [{ name: 'hung', state: 'running' }]);
    await cutaway.text('rm', '-f', 'hung');
    await eventually(() => leftovers(cutaway.paths).length === 0, 'nothing is left');
  });

  await t.test('tables fit the terminal, with colour and without', async (t) => {
    const terminal = open(t, 'layers', 'busybox');
    await terminal.shows('status 0');
    t.ok(terminal.screen().includes('…'), 'the widest column is cut');
    const plain = await cutaway.text('layers', 'busybox');
    t.notMatch(plain, /\u001b|…\n/, 'in a pipe nothing is');
  });
}

const skip = cannotRun('runc', 'busybox', 'tmux');
if (skip !== false) t.plan(0, skip);
else await testTerminal();
