// The tour as a visitor takes it: what it says is what is seen, and nothing of it is left.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { storePaths } from '../../src/runtime/store/paths.js';
import {
  cannotRun,
  eventually,
  leftovers,
  makeCutaway,
  type Cutaway,
  type RunOptions,
} from '../support/cli.js';

const skip = cannotRun('runc', 'busybox', 'setpriv', 'unshare', 'script');

/** What runs `cutaway` at a terminal of 80 columns; what stands behind it is not used. */
function atTerminal({ argv }: Cutaway, command: string): string[] {
  const line = `stty cols 80 rows 24; TERM=xterm exec ${argv.join(' ')} ${command}`;
  return ['sh', '-c', 'exec script --quiet --return --command "$1" /dev/null', 'sh', line];
}

interface Said {
  /** "$ cutaway ls" or "/ # ps", with the id of the container cut to "ID". */
  readonly typed: string;
  readonly output: string;
}

/** The commands of a tour in Markdown with what they printed, in their order. */
function readTour(markdown: string): Said[] {
  const blocks = [...markdown.matchAll(/```console\n([^]*?)```\n/g)].map(([, code = '']) => code);
  return blocks
    .flatMap((code) => code.split(/\n(?=(?:\$|\/ #) )/))
    .map((text) => {
      const [typed = '', ...rest] = text.trimEnd().split('\n');
      return { typed: typed.replace(/[0-9a-f]{64}/, 'ID'), output: rest.join('\n') };
    });
}

/** A place where nothing else is: the tour's store is made in it. */
function makePlace(
  cutaway: Cutaway,
  uid = 0,
): { tmp: string; root: string; env: NonNullable<RunOptions['env']> } {
  const tmp = join(cutaway.directory, 'tmp');
  mkdirSync(tmp);
  chownSync(tmp, uid, uid);
  chmodSync(cutaway.directory, 0o755);
  return { tmp, root: `${tmp}/cutaway-tour`, env: { TMPDIR: tmp, HOME: tmp, NO_COLOR: undefined } };
}

function checkNothingLeft(t: Test, tmp: string, root: string): void {
  t.same(readdirSync(tmp), [], 'no store');
  const paths = storePaths(linuxHost(), root);
  t.same(leftovers(paths), [], 'no mounts, processes, namespaces');
  t.notOk(existsSync(paths.run), 'no run directory');
}

/** A machine without that program: for the child alone, in a mount namespace of its own. */
const hiding = (program: string) => [
  'unshare',
  '--mount',
  'sh',
  '-c',
  `mount --bind /dev/null "$(readlink -f "$(command -v ${program})")" && exec "$@"`,
  'sh',
];

t.test('the whole tour', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const { status, stdout, stderr } = await cutaway.run(['tour', '--format', 'markdown'], { env });
  t.equal(status, 0, stdout.slice(-500));
  t.equal(stderr, '');
  t.notMatch(stdout, /Left out|failed/);
  const said = readTour(stdout);
  const find = (typed: string, count = 1) => {
    const all = said.filter((one) => one.typed === typed.replace('{root}', root));
    t.equal(all.length, count, typed);
    return all.map(({ output }) => output);
  };
  const facts: readonly (readonly [string, RegExp, (RegExp | undefined)?])[] = [
    ['$ cutaway run --rm hello-world', /Unable to find image[^]*\nHello from Cutaway!\n/],
    ['$ cutaway images', /^busybox +latest [^]*\nhello-world +latest /m],
    ['$ cutaway layers busybox', /DIGEST +DIFFID +CHAINID[^]*\n3 [^]*\n2 [^]*\n1 /],
    ['$ cutaway diff busybox@2', /^A \/usr\/share\/doc\/draft\.txt$/m],
    ['$ cutaway diff busybox@3', /^C \/etc\/motd.*\nD \/usr\/share\/doc\/draft\.txt$/],
    ['$ cutaway tree busybox /etc', /^3 .* motd$[^]*^1 .* passwd$/m],
    ['/ # ps', /^ +1 root +sh$/m, /sleep|node|runc/],
    ['/ # id', /^uid=0\(root\)/],
    ['/ # ls /sys/class/net', /^lo$/, /\n/],
    ['/ # ls -l /', / bin\n[^]* etc\n[^]* usr\n/, /cutaway|lost\+found/],
    ['/ # mount', /^overlay on \/ type overlay \(rw,.*lower.*upperdir=.*\n[^]*more lines\)$/],
    ['$ cutaway ls', /cutaway .* tour +busybox:latest +running +\d+/],
    ['$ cutaway procs tour', /\n *\d+ +- +root.*\n *\d+ +1 +root.*\\_ sh$/],
    ['$ cutaway ns tour', /^pid .*● own[^]*^net .*● own.*netns\/[^]*^time .*○ host/m],
    [
      '$ cutaway overlay tour',
      /merged +\/.*\/merged[^]*upper[^]*lower 3[^]*lower 1[^]* overlay rw,/,
    ],
    ['$ ls', /^diff\nlink\nlower\nmerged\nwork$/],
    ['$ ls -l diff', /^-rw-r--r-- 1 root root 0 .* testfile$/m],
    ['$ rm merged/testfile', /^$/],
    ['/ # ls /testfile', /^ls: \/testfile: No such file or directory$/],
    [
      '$ ls -l diff/etc diff/usr/share/doc',
      /^-rw-r--r-- 1 root root .* motd$[^]*^c--------- \d+ root root 0, 0 .* layers\.txt$/m,
    ],
    ['$ cutaway tree tour /etc', /^U .* motd$[^]*^1 .* passwd$/m],
    ['$ cutaway tree second /usr/share', /^2 .* layers\.txt$/m],
    ['$ cutaway procs second', / cutaway-shim second .*\n *\d+ +1 +root.* sleep 600$/],
    ['$ cutaway ns', /^ +second +●[^]*^ +tour +●/m],
    ['$ grep {root}/ /proc/mounts', /^$/],
    ['$ cutaway rm -f tour second', /^tour\nsecond$/],
  ];
  for (const [typed, shows, hides] of facts) {
    const [output = ''] = find(typed);
    t.match(output, shows, `${typed}: what it shows`);
    if (hides !== undefined) t.notMatch(output, hides, `${typed}: what it does not show`);
  }
  const [tourDiff, diffAfter] = find('$ cutaway diff tour', 2);
  t.match(tourDiff, /^C \/etc\/motd$[^]*^D \/usr\/share\/doc\/layers\.txt$/m);
  t.equal(diffAfter, tourDiff, 'the same when it does not run');
  const [atFirst = '', withFile = '', stopped] = find('$ ls merged', 3);
  t.match(atFirst, /^bin\ndev\netc\n/);
  t.equal(withFile, atFirst.replace('sys\n', 'sys\ntestfile\n'), 'the file in merged');
  t.equal(stopped, '', 'merged is empty when nothing is mounted there');
  const [host, inside] = [find('$ uname -r')[0], find('/ # uname -r')[0]];
  t.equal(inside, host, 'one kernel');
  t.match(find('/ # cat /etc/motd', 2)[1], /This line was written inside\.$/, 'kept over a start');
  const [listed, empty] = find('$ cutaway ps -a', 2);
  t.match(listed, /Exited \(0\).* tour$/m);
  t.equal(empty?.split('\n').length, 1, 'no container at the end');
  checkIds(t, said);
  checkNothingLeft(t, tmp, root);
});

/** One container is meant everywhere: by its id, its host name and its process. */
function checkIds(t: Test, said: readonly Said[]): void {
  const output = (typed: string) => said.find((one) => one.typed === typed)?.output ?? '';
  const hostname = output('/ # hostname');
  t.match(hostname, /^[0-9a-f]{12}$/);
  t.match(output('$ cutaway ls'), hostname, 'the host name is the id');
  const pid = / running +(\d+) /.exec(output('$ cutaway ls'))?.[1] ?? '';
  t.match(output('$ cutaway procs tour'), new RegExp(`\\n *${pid} +1 +root`), 'both its numbers');
}

t.test('as text, and at a terminal', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const text = await cutaway.run(['tour'], { env });
  t.equal(text.status, 0);
  t.match(text.stdout, /^── 11 of 11 · Removed, and nothing is left ─+$/m);
  t.notMatch(text.stdout, '\u001b');
  const seen = await cutaway.run([], { env, wrapper: atTerminal(cutaway, 'tour') });
  t.equal(seen.status, 0, seen.stdout.slice(-500));
  t.match(seen.stdout, '\u001b[1m', 'with colours');
  t.match(seen.stdout, `┌${'─'.repeat(76)}\r\n`, 'in the width of the terminal');
  t.match(seen.stdout, /bin {2}dev {2}etc/, 'ls as it is at a terminal');
  checkNothingLeft(t, tmp, root);
});

t.test('--step waits, and "q" leaves', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const piped = await cutaway.run(['tour', '--step'], { env });
  t.equal(piped.status, 2, 'not without a terminal');
  t.match(piped.stderr, /--step needs a terminal/);
  const running = cutaway.start([], { env, wrapper: atTerminal(cutaway, 'tour --step') });
  await running.saw('q: leave');
  t.ok(existsSync(root), 'it is there while it waits');
  running.child.stdin?.write('\n');
  await running.saw('2 of 11');
  await running.saw('/diff\u001b[22m\r\n\r\nEnter');
  running.child.stdin?.write('q\n');
  const { status, stdout } = await running.ended;
  t.equal(status, 0);
  t.notMatch(stdout, '3 of 11');
  checkNothingLeft(t, tmp, root);
});

t.test('told to stop, it clears up first', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const moments = [
    ['SIGINT', '$ cutaway load busybox', 130],
    ['SIGTERM', '/ # hostname', 143],
    ['SIGHUP', '--name second', 129],
  ] as const;
  for (const [signal, seen, wanted] of moments) {
    const running = cutaway.start(['tour'], { env });
    await running.saw(seen);
    running.child.kill(signal);
    const { status, stderr } = await running.ended;
    t.equal(status, wanted, signal);
    t.match(stderr, /stopped; nothing of it is left/);
    checkNothingLeft(t, tmp, root);
  }
  const running = cutaway.start(['tour'], { env });
  await running.saw('2 of 11');
  running.child.stdout?.destroy();
  t.equal((await running.ended).status, 0, 'who read it has seen enough');
  checkNothingLeft(t, tmp, root);
});

t.test('what a killed tour leaves, the next one clears away', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const running = cutaway.start(['tour'], { env });
  await running.saw('$ cutaway procs second');
  running.child.kill('SIGKILL');
  await running.ended;
  t.ok(existsSync(root));
  const { status, stdout } = await cutaway.run(['tour'], { env });
  t.equal(status, 0);
  t.match(stdout, `\`${root}\`,`, 'in the same place');
  checkNothingLeft(t, tmp, root);
});

t.test('two at once, and one that was kept', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const [kept, other] = await Promise.all([
    cutaway.run(['tour', '--keep'], { env }),
    cutaway.run(['tour'], { env }),
  ]);
  t.same([kept.status, other.status], [0, 0]);
  t.notMatch(kept.stdout, /Removed, and nothing is left/);
  const [name = ''] = readdirSync(tmp);
  t.same(readdirSync(tmp), [name], 'one is left');
  t.match(kept.stdout, `CUTAWAY_DATA_ROOT=${tmp}/${name}`);
  t.equal((await cutaway.run(['tour'], { env })).status, 0);
  t.same(readdirSync(tmp), [name], 'no other tour takes it away');
  const keptEnv = { CUTAWAY_DATA_ROOT: `${tmp}/${name}` };
  const { stdout } = await cutaway.run(['ps', '-a', '--format', 'json'], { env: keptEnv });
  t.same(
    JSON.parse(stdout)
      .containers.map((one: { name: string }) => one.name)
      .sort(),
    ['second', 'tour'],
  );
  t.equal((await cutaway.run(['rm', '-f', 'tour', 'second'], { env: keptEnv })).status, 0);
  const paths = storePaths(linuxHost(), `${tmp}/${name}`);
  for (const path of [paths.run, paths.root]) rmSync(path, { recursive: true });
  checkNothingLeft(t, tmp, root);
});

t.test('an ordinary user', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway, 65534);
  const wrapper = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
  const { status, stdout, stderr } = await cutaway.run(['tour', '--format', 'markdown'], {
    env,
    wrapper,
  });
  t.equal(status, 0, stderr);
  t.equal(
    stdout.match(/^Left out on this machine: everything for which a container must run\.$/gm)
      ?.length,
    2,
  );
  t.match(stdout, /^- privilege: uid 65534.* \(run it as root\)$/m);
  const typed = readTour(stdout).map((one) => one.typed);
  t.same(typed, [
    '$ cutaway load hello-world',
    '$ cutaway tree hello-world',
    '$ cutaway load busybox',
    '$ cutaway images',
    '$ cutaway layers busybox',
    '$ cutaway diff busybox@2',
    '$ cutaway diff busybox@3',
    '$ cutaway tree busybox /etc',
    '$ cutaway tree busybox /usr/share',
  ]);
  t.match(stdout, /^D \/usr\/share\/doc\/draft\.txt$/m);
  checkNothingLeft(t, tmp, root);
});

t.test('where something is missing', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const cases = [
    ['no runc', hiding('runc'), /^· runc: not installed \(apt-get install -y runc\)$/m, '1 of 3'],
    [
      'no busybox',
      hiding('busybox'),
      /^· busybox: not installed \(apt-get install -y busybox-static\)$/m,
      '1 of 2 · A container runs',
    ],
    [
      'no right to mount',
      ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'],
      /^· privilege: root without CAP_SYS_ADMIN/m,
      '1 of 3',
    ],
    ['neither', [...hiding('runc'), ...hiding('busybox')], /^· runc: [^]*^· busybox: /m, '1 of 2'],
  ] as const;
  for (const [name, wrapper, says, step] of cases) {
    const { status, stdout } = await cutaway.run(['tour'], { env, wrapper });
    t.equal(status, 0, name);
    t.match(stdout, says, name);
    t.match(stdout, step, name);
    t.match(
      stdout,
      /That is all that this machine can show now\.\n\nLeft out on this machine/,
      name,
    );
    checkNothingLeft(t, tmp, root);
  }
});

t.test('what nothing foretold: the first container does not start', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  // A runc that knows its version and starts nothing stands for whatever a sandbox may refuse.
  const idle = `${cutaway.directory}/idle-runc`;
  writeFileSync(idle, '#!/bin/sh\ntest "$1" = --version\n', { mode: 0o755 });
  const runc = `mount --bind '${idle}' "$(readlink -f "$(command -v runc)")" && exec "$@"`;
  const wrapper = ['unshare', '--mount', 'sh', '-c', runc, 'sh'];
  const { status, stdout } = await cutaway.run(['tour'], { env, wrapper });
  t.equal(status, 0, stdout.slice(-500));
  t.match(
    stdout,
    /^Left out on this machine: everything for which a container must run\.\n· cutaway run: /m,
  );
  checkNothingLeft(t, tmp, root);
});

t.test('/tmp on an overlay, as in a container: the store goes elsewhere', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  for (const name of ['lower', 'upper', 'work']) mkdirSync(`${cutaway.directory}/${name}`);
  const options = ['lowerdir=', 'upperdir=', 'workdir=']
    .map((key) => `${key}${cutaway.directory}/${key.replace('dir=', '')}`)
    .join(',');
  const mount = `mount -t overlay overlay -o ${options} ${tmp} && exec "$@"`;
  const wrapper = ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
  const { status, stdout } = await cutaway.run(['tour'], { env, wrapper });
  t.equal(status, 0, stdout.slice(-500));
  t.match(stdout, '11 of 11');
  const place = /^`?(\/\S+cutaway-tour[-\d]*)`?,/m.exec(stdout)?.[1] ?? '';
  t.not(place, root);
  t.notOk(existsSync(place), place);
  checkNothingLeft(t, tmp, root);
});

t.test('a step that fails is shown, and the rest is not', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const { status, stdout } = await cutaway.run(['tour'], { env, wrapper: hiding('uname') });
  t.equal(status, 2);
  t.match(stdout, /\$ uname -r\n\nThis step failed: `uname -r` could not be run: .*EACCES/);
  t.notMatch(stdout, '6 of 11');
  checkNothingLeft(t, tmp, root);
});

t.test('the shell of the container dies', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { tmp, root, env } = makePlace(cutaway);
  const running = cutaway.start(['tour'], { env });
  await running.saw('$ cutaway procs tour');
  const paths = storePaths(linuxHost(), root);
  const [id = ''] = readdirSync(`${paths.run}/runc`);
  const state = JSON.parse(readFileSync(`${paths.run}/runc/${id}/state.json`, 'utf8'));
  process.kill(Number(state.init_process_pid), 'SIGKILL');
  const { status, stdout } = await running.ended;
  t.equal(status, 2);
  t.match(stdout, /This step failed: /);
  await eventually(() => !existsSync(root), 'it is cleared away');
  checkNothingLeft(t, tmp, root);
});
