// A program that never runs: 127 not found, 126 cannot be invoked, 125 anything else; one line of
// our own on stderr, nothing on stdout, and nothing left behind.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, leftovers, makeCutaway } from '../support/cli.js';

async function testStartFailure(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('run', '--rm', 'busybox', 'true');
  const shared = `${cutaway.directory}/shared`;
  mkdirSync(shared);
  const put = (name: string, content: string, mode: number) => {
    writeFileSync(`${shared}/${name}`, content);
    chmodSync(`${shared}/${name}`, mode);
  };
  put('garbage', '\x7fELF and no more', 0o755);
  put('no-shebang', 'echo hello\n', 0o755);
  put('lost-interpreter', '#!/no/such/interpreter\n', 0o755);
  put('plain', '#!/bin/sh\n', 0o644);
  put(
    'prints-the-same',
    '#!/bin/sh\necho "exec /in/garbage: exec format error" >&2; exit 3\n',
    0o755,
  );
  const volume = ['-v', `${shared}:/in`];

  const cases: { what: string; args: string[]; status: number; stderr: RegExp }[] = [
    {
      what: 'a name that is nowhere in PATH',
      args: ['busybox', 'nosuch'],
      status: 127,
      stderr: /: exec: "nosuch": executable file not found in \$PATH\n$/,
    },
    {
      what: 'a path where nothing is',
      args: ['busybox', '/no/such'],
      status: 127,
      stderr: /: exec: "\/no\/such": stat \/no\/such: no such file or directory\n$/,
    },
    {
      what: 'a directory',
      args: ['busybox', '/etc'],
      status: 126,
      stderr: /: exec: "\/etc": (is a directory|permission denied)\n$/,
    },
    {
      what: 'a file that may not be executed',
      args: [...volume, 'busybox', '/in/plain'],
      status: 126,
      stderr: /: exec: "\/in\/plain": permission denied\n$/,
    },
    {
      what: 'a broken ELF file',
      args: [...volume, 'busybox', '/in/garbage'],
      status: 126,
      stderr: /: exec "\/in\/garbage": exec format error\n$/,
    },
    {
      what: 'a script without #!',
      args: [...volume, 'busybox', '/in/no-shebang'],
      status: 126,
      stderr: /: exec "\/in\/no-shebang": exec format error\n$/,
    },
    {
      what: 'an interpreter that is not there',
      args: [...volume, 'busybox', '/in/lost-interpreter'],
      status: 127,
      stderr: /: exec "\/in\/lost-interpreter": no such file or directory\n$/,
    },
    {
      what: 'a user the image does not know',
      args: ['-u', 'nosuch', 'busybox', 'true'],
      status: 125,
      stderr: /^cutaway run: unable to find user nosuch: no matching entries in passwd file\n$/,
    },
    {
      what: 'a group the image does not know',
      args: ['-u', '0:nosuch', 'busybox', 'true'],
      status: 125,
      stderr: /^cutaway run: unable to find group nosuch: no matching entries in group file\n$/,
    },
    {
      what: 'a volume that is not there',
      args: ['-v', `${shared}/nosuch:/in`, 'busybox', 'true'],
      status: 125,
      stderr:
        /^cutaway run: mount "[^"]*\/nosuch:\/in": no such file or directory\n {2}\S[^\n]*\n$/,
    },
    {
      what: 'a volume on a place that cannot be one',
      args: ['-v', `${shared}:/etc/passwd`, 'busybox', 'true'],
      status: 125,
      stderr: /not a directory\n$/,
    },
  ];
  for (const { what, args, status, stderr } of cases) {
    for (const keep of [[], ['--rm']]) {
      await t.test([what, ...keep].join(' '), async (t) => {
        const outcome = await cutaway.run(['run', ...keep, ...args]);
        t.equal(outcome.stdout, '');
        t.match(outcome.stderr, stderr);
        t.match(outcome.stderr, /^cutaway run: [^\n]+\n( {2}[^\n]+\n)?$/, 'one line and a way out');
        t.equal(outcome.status, status);
        t.same(leftovers(cutaway.paths), []);
      });
    }
  }

  await t.test('detached, the same is known', async (t) => {
    const outcome = await cutaway.run(['run', '-d', '--name', 'lost', 'busybox', 'nosuch']);
    t.equal(outcome.status, 127);
    t.equal(outcome.stdout, '');
    t.match(outcome.stderr, /^cutaway run: start container "lost": exec: "nosuch": [^\n]+\n$/);
    const { container } = await cutaway.json('inspect', 'lost');
    t.match(container.summary, { state: 'exited', exitCode: 127, error: /nosuch/ });
  });

  await t.test('detached, a broken program', async (t) => {
    await cutaway.run(['run', '-d', '--name', 'broken', ...volume, 'busybox', '/in/garbage']);
    let summary: unknown;
    const ended = async () => {
      summary = (await cutaway.json('inspect', 'broken')).container.summary;
      return (summary as { exitCode?: number }).exitCode !== undefined;
    };
    while (!(await ended())) continue;
    t.match(summary, { state: 'exited', exitCode: 126, error: /exec format error/ });
  });

  await t.test('what only looks like a failure is the program’s own', async (t) => {
    const args = ['run', '--rm', ...volume, 'busybox', '/in/prints-the-same'];
    const { status, stderr } = await cutaway.run(args);
    t.equal(status, 3);
    t.equal(stderr, 'exec /in/garbage: exec format error\n');
  });

  await t.test('a container that failed can be started again, and fails again', async (t) => {
    for (const turn of [1, 2]) {
      const { status, stderr } = await cutaway.run(['start', '-a', 'lost']);
      t.equal(status, 127, `turn ${turn}`);
      t.match(stderr, /^cutaway start: start container "lost": exec: "nosuch": [^\n]+\n$/);
    }
  });

  await t.test('ps shows how each ended', async (t) => {
    const { containers } = await cutaway.json('ps', '-a');
    for (const { state, exitCode, error } of containers) {
      t.equal(state, 'exited');
      t.ok([125, 126, 127, undefined].includes(exitCode as number), String(exitCode));
      t.type(error, 'string');
    }
  });
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testStartFailure();
