// What `run` takes, each option by what the container sees of it.
import { chmodSync, existsSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import t from 'tap';
import { cannotRun, makeCutaway, type Cutaway, type RunOptions } from '../support/cli.js';

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly options?: RunOptions;
  readonly status?: number;
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
}

function environmentCases(directory: string): Case[] {
  const print = (names: string) => [
    'busybox',
    'sh',
    '-c',
    `for n in ${names}; do eval "echo $n=\\$$n"; done`,
  ];
  const file = `${directory}/variables`;
  writeFileSync(file, '# a comment\nA=from file\n\nB=kept whole\nC\nD="quotes"\n');
  return [
    { what: '-e NAME=VALUE', args: ['-e', 'A=1 2=3', ...print('A')], stdout: 'A=1 2=3\n' },
    {
      what: "-e NAME takes the caller's value",
      args: ['-e', 'A', ...print('A')],
      options: { env: { A: 'mine' } },
      stdout: 'A=mine\n',
    },
    {
      // The launcher keeps it from Node, which would complain of the missing file.
      what: "-e NODE_EXTRA_CA_CERTS takes the caller's value, and Node itself does not",
      args: ['-e', 'NODE_EXTRA_CA_CERTS', ...print('NODE_EXTRA_CA_CERTS')],
      options: { env: { NODE_EXTRA_CA_CERTS: '/no/such/file' } },
      stdout: 'NODE_EXTRA_CA_CERTS=/no/such/file\n',
      stderr: '',
    },
    {
      what: '-e NAME that the caller has not is not set',
      args: ['-e', 'NOBODY_HAS_THIS', 'busybox', 'sh', '-c', 'env | grep -c NOBODY; true'],
      stdout: '0\n',
    },
    { what: '-e NAME= is set and empty', args: ['-e', 'A=', ...print('A')], stdout: 'A=\n' },
    {
      what: 'the last -e wins',
      args: ['-e', 'A=1', '--env', 'A=2', ...print('A')],
      stdout: 'A=2\n',
    },
    {
      what: '--env-file',
      args: ['--env-file', file, ...print('A B C D')],
      options: { env: { C: 'mine' } },
      stdout: 'A=from file\nB=kept whole\nC=mine\nD="quotes"\n',
    },
    {
      what: '-e stands above --env-file',
      args: ['-e', 'A=given', '--env-file', file, ...print('A')],
      stdout: 'A=given\n',
    },
    {
      what: "nothing of the caller's environment comes in by itself",
      args: ['busybox', 'env'],
      options: { env: { SECRET_OF_MINE: 'x' } },
      stdout: /^PATH=\/usr\/local\/sbin[^\n]*\nHOSTNAME=[0-9a-f]{12}\nHOME=\/root\n$/,
    },
  ];
}

function identityCases(): Case[] {
  return [
    { what: '-w', args: ['-w', '/usr/share', 'busybox', 'pwd'], stdout: '/usr/share\n' },
    {
      what: '-w makes the directory',
      args: ['-w', '/new/place', 'busybox', 'pwd'],
      stdout: '/new/place\n',
    },
    { what: 'root by default', args: ['busybox', 'id', '-u'], stdout: '0\n' },
    {
      what: '-u NAME',
      args: ['-u', 'nobody', 'busybox', 'sh', '-c', 'id -u; id -g; echo $HOME'],
      stdout: /^65534\n65534\n\//,
    },
    {
      what: '-u UID',
      args: ['-u', '1234', 'busybox', 'sh', '-c', 'id -u; id -g; echo $HOME'],
      stdout: '1234\n0\n/\n',
    },
    {
      what: '-u UID:GID',
      args: ['-u', '5:6', 'busybox', 'sh', '-c', 'id -u; id -g'],
      stdout: '5\n6\n',
    },
    {
      what: '-u NAME:GROUP',
      args: ['-u', 'nobody:root', 'busybox', 'sh', '-c', 'id -u; id -g'],
      stdout: '65534\n0\n',
    },
    {
      what: '--entrypoint',
      args: ['--entrypoint', '/bin/echo', 'busybox', 'a', 'b'],
      stdout: 'a b\n',
    },
    {
      what: '--entrypoint drops the command of the image',
      args: ['--entrypoint', '/bin/echo', 'busybox'],
      stdout: '\n',
    },
    {
      what: '-h',
      args: ['-h', 'inside', 'busybox', 'sh', '-c', 'hostname; cat /etc/hostname; echo $HOSTNAME'],
      stdout: 'inside\ninside\ninside\n',
    },
    {
      what: '--hostname',
      args: ['--hostname', 'inside', 'busybox', 'hostname'],
      stdout: 'inside\n',
    },
    {
      what: 'the hostname is the short id',
      args: ['busybox', 'hostname'],
      stdout: /^[0-9a-f]{12}\n$/,
    },
  ];
}

function mountCases(directory: string): Case[] {
  const shared = `${directory}/shared`;
  mkdirSync(shared);
  writeFileSync(`${shared}/file`, 'from the host\n');
  chmodSync(shared, 0o777);
  return [
    {
      what: '-v HOST:CTR',
      args: [
        '-v',
        `${shared}:/mnt/in`,
        'busybox',
        'sh',
        '-c',
        'cat /mnt/in/file; echo back > /mnt/in/new',
      ],
      stdout: 'from the host\n',
    },
    {
      what: '-v HOST:CTR:ro',
      args: [
        '-v',
        `${shared}:/mnt/in:ro`,
        'busybox',
        'sh',
        '-c',
        'cat /mnt/in/file; touch /mnt/in/x',
      ],
      status: 1,
      stdout: 'from the host\n',
      stderr: /^touch: \/mnt\/in\/x: Read-only file system\n$/,
    },
    {
      what: '-v of a file',
      args: ['-v', `${shared}/file:/etc/motd`, 'busybox', 'cat', '/etc/motd'],
      stdout: 'from the host\n',
    },
    {
      what: '--read-only',
      args: ['--read-only', 'busybox', 'touch', '/x'],
      status: 1,
      stderr: /^touch: \/x: Read-only file system\n$/,
    },
    {
      what: '--read-only leaves -v writable',
      args: ['--read-only', '-v', `${shared}:/mnt`, 'busybox', 'touch', '/mnt/y'],
    },
  ];
}

function networkCases(): Case[] {
  const addresses = [
    'busybox',
    'sh',
    '-c',
    'ip -o link | wc -l; ip -o addr show lo | grep -c "inet 127.0.0.1/8"',
  ];
  return [
    { what: 'a network of its own by default', args: addresses, stdout: '1\n1\n' },
    { what: '--network none', args: ['--network', 'none', ...addresses], stdout: '1\n1\n' },
    {
      what: '--network=host has the name of the host',
      args: ['--network=host', 'busybox', 'hostname'],
      stdout: `${hostname()}\n`,
    },
    {
      what: '--network host is the namespace of the host',
      args: ['--network', 'host', 'busybox', 'readlink', '/proc/self/ns/net'],
      stdout: `${readlinkSync('/proc/self/ns/net')}\n`,
    },
  ];
}

function argumentCases(): Case[] {
  return [
    {
      what: "options after the image are the container's",
      args: ['busybox', 'ls', '-d', '-1', '/etc'],
      stdout: '/etc\n',
    },
    {
      what: 'even those that we have ourselves',
      args: ['busybox', 'echo', '--rm', '-e', '--help', '-h', '--data-root', '--'],
      stdout: '--rm -e --help -h --data-root --\n',
    },
    {
      what: 'empty arguments and spaces arrive',
      args: ['busybox', 'sh', '-c', 'echo "$#:$1:$2"', 'sh', '', ' a  b '],
      stdout: '2:: a  b \n',
    },
    {
      what: '-it is two options',
      args: ['-ie', 'A=1', 'busybox', 'sh', '-c', 'cat; echo $A'],
      options: { input: 'in\n' },
      stdout: 'in\n1\n',
    },
    {
      what: '-eA=1 without a space',
      args: ['-eA=1', 'busybox', 'sh', '-c', 'echo $A'],
      stdout: '1\n',
    },
    {
      what: 'stdout and stderr apart',
      args: ['busybox', 'sh', '-c', 'echo out; echo err >&2; echo out2'],
      stdout: 'out\nout2\n',
      stderr: 'err\n',
    },
    {
      what: 'without -i stdin is empty',
      args: ['busybox', 'cat'],
      options: { input: 'not for you' },
      stdout: '',
    },
    {
      what: '-i',
      args: ['-i', 'busybox', 'cat'],
      options: { input: 'for you' },
      stdout: 'for you',
    },
    {
      what: 'the command of the image',
      args: ['-i', 'busybox'],
      options: { input: 'echo $((6*7))\n' },
      stdout: '42\n',
    },
    { what: 'status 0', args: ['busybox', 'true'], status: 0 },
    { what: 'status 3', args: ['busybox', 'sh', '-c', 'exit 3'], status: 3 },
    { what: 'status 255', args: ['busybox', 'sh', '-c', 'exit 255'], status: 255 },
    {
      what: '143 when TERM ends it',
      args: ['busybox', 'sh', '-c', "sh -c 'kill -TERM $$'; exit $?"],
      status: 143,
      stderr: /Terminated/,
    },
  ];
}

async function testRun(): Promise<void> {
  const cutaway = makeCutaway(t);
  await t.test('the first run brings the image, and says so on stderr', async (t) => {
    const first = await cutaway.run(['run', '--rm', 'busybox', 'echo', 'hello']);
    t.equal(first.stdout, 'hello\n');
    t.match(
      first.stderr,
      /^Unable to find image 'busybox:latest' locally\nlatest: Taking it from /,
    );
    t.match(first.stderr, /\n[0-9a-f]{12}: Unpack complete\n/);
    t.match(first.stderr, /\nStatus: Stored newer image for busybox:latest\n$/);
    t.equal(first.status, 0);
  });
  const groups = {
    environment: environmentCases(cutaway.directory),
    identity: identityCases(),
    mounts: mountCases(cutaway.directory),
    network: networkCases(),
    arguments: argumentCases(),
  };
  for (const [group, cases] of Object.entries(groups)) {
    await t.test(group, async (t) => {
      for (const { what, args, options, status = 0, stdout = '', stderr = '' } of cases) {
        const outcome = await cutaway.run(['run', '--rm', ...args], options);
        const found = { status: outcome.status, stdout: outcome.stdout, stderr: outcome.stderr };
        if (typeof stdout === 'string' && typeof stderr === 'string') {
          t.same(found, { status, stdout, stderr }, what);
        } else {
          t.match(found, { status, stdout, stderr }, what);
        }
      }
    });
  }
  await testMore(cutaway);
}

async function testMore(cutaway: Cutaway): Promise<void> {
  await t.test('10 MB of any bytes, in and out', async (t) => {
    const input = randomBytes(10_000_000);
    const { bytes, status, stderr } = await cutaway.run(['run', '--rm', '-i', 'busybox', 'cat'], {
      input,
    });
    t.equal(status, 0);
    t.equal(stderr, '');
    t.ok(bytes.equals(input), `the same ${bytes.length} bytes came back`);
  });

  await t.test('5 MB on stderr', async (t) => {
    const print = 'head -c 5000000 /dev/zero | tr "\\0" e >&2';
    const outcome = await cutaway.run(['run', '--rm', 'busybox', 'sh', '-c', print]);
    t.equal(outcome.stderr.length, 5_000_000);
    t.match(outcome.stderr, /^e*$/);
  });

  await t.test('a reader that has seen enough', async (t) => {
    const running = cutaway.start(['run', '--rm', 'busybox', 'yes']);
    await running.saw('y');
    running.child.stdout?.destroy();
    const { status } = await running.ended;
    t.ok(status === 141 || status === 1, `yes(1) ends when its pipe is closed: ${String(status)}`);
  });

  await t.test('--name, --label and --rm', async (t) => {
    const given = ['--name', 'web-1', '-l', 'a=b=c', '--label', 'empty'];
    const first = await cutaway.run(['run', ...given, 'busybox', 'true']);
    t.equal(first.status, 0);
    const { container } = await cutaway.json('inspect', 'web-1');
    t.equal(container.summary.name, 'web-1');
    t.equal(container.summary.labels.a, 'b=c');
    t.equal(container.summary.labels.empty, '');
    t.match(container.summary.labels, { 'org.opencontainers.image.title': 'busybox' });
    t.equal(await cutaway.text('rm', 'web-1'), 'web-1\n');
    await cutaway.run(['run', '--rm', '--name', 'web-1', 'busybox', 'true']);
    const gone = await cutaway.run(['inspect', 'web-1']);
    t.equal(gone.status, 2, 'with --rm it is gone');
    t.notOk(existsSync(`${cutaway.paths.names}/web-1`));
  });

  await t.test('without --rm it stays, with a name of two words', async (t) => {
    await cutaway.text('run', 'busybox', 'true');
    const { containers } = await cutaway.json('ps', '-a');
    t.equal(containers.length, 1);
    t.match(containers[0].name, /^[a-z]+_[a-z]+$/);
    t.match(containers[0], { state: 'exited', exitCode: 0, command: ['true'] });
  });
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testRun();
