// What a container sees of the host's files and of volumes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import { refused, runArguments, scripted, type Engines, type Row } from '../../support/parity.js';

const LIST =
  'find . | sort | xargs ls -dln | awk "{print \\$1, \\$3, \\$4, \\$5, \\$9, \\$10, \\$11}"; cat ./one here 2>/dev/null';
const mounted = (...places: string[]) =>
  `for p in ${places.join(' ')}; do grep " $p " /proc/self/mountinfo | cut -d' ' -f5,6; done`;
/** Of verbs that run nothing. */
const TROUBLE = { reason: '1 is the answer no, 2 is trouble', ours: 2, theirs: 1 };
/** A command of another image, or one that is left there. */
const run = (options: readonly string[], image: string, script: string) => [
  ...runArguments(options),
  ...[image, 'sh', '-c', script],
];
const kept = (name: string, options: readonly string[], script = 'true') => [
  ...['run', '--name', name, '--network', 'none', ...options, 'volumes', 'sh', '-c', script],
];

/** A directory of the host that is on a shared mount, and one that is not. */
export function makeShared(t: Test, { directory }: Engines): void {
  mkdirSync(`${directory}/passing`);
  const mount = (...args: string[]) => spawnSync('mount', args).status;
  mount('-t', 'tmpfs', 'none', `${directory}/passing`);
  mount('--make-shared', `${directory}/passing`);
  t.teardown(() => spawnSync('umount', ['-l', `${directory}/passing`]).status);
  mkdirSync(`${directory}/files/sub`, { recursive: true });
  writeFileSync(`${directory}/files/one`, 'of the host\n');
  symlinkSync('files', `${directory}/to-files`);
}

export function fileRows({ directory }: Engines): Row[] {
  const files = `${directory}/files`;
  return [
    scripted('-v through a link of the host', ['-v', `${directory}/to-files:/in`], 'ls /in'),
    scripted(
      '-v on a link of the image',
      ['-v', `${files}:/linked`],
      `ls -l / | grep -c "linked -> /deep/er"; ls /deep/er; ${mounted('/deep/er', '/linked')}`,
    ),
    scripted(
      '-v on a link that leads outward',
      ['-v', `${files}/one:/outward/motd`],
      `cat /etc/motd; ${mounted('/etc/motd')}`,
    ),
    scripted(
      '-v in directories that are not there',
      ['-v', `${files}:/new/place/in`],
      'ls /new/place/in; ls -ld /new/place | cut -c1-10',
    ),
    scripted('-v of a file where nothing is', ['-v', `${files}/one:/new/one`], 'cat /new/one'),
    {
      ...refused(
        '-v in another that is read-only',
        '-v',
        `${files}/one:/mnt/new/one`,
        '-v',
        `${files}:/mnt:ro`,
      ),
      refused: true,
    },
    scripted(
      '-v within another',
      ['-v', `${files}:/mnt/sub:ro`, '-v', `${files}:/mnt`],
      `ls /mnt/sub; ${mounted('/mnt', '/mnt/sub')}`,
    ),
    scripted('-v over /dev/shm', ['-v', `${files}:/dev/shm`], 'ls /dev/shm'),
    scripted(
      '--mount bind',
      ['--mount', `type=bind,src=${files},dst=/in,ro`],
      `ls /in; touch /in/x; ${mounted('/in')}`,
    ),
    scripted(
      '--mount bind, not what is beneath',
      ['--mount', `type=bind,source=${directory},target=/in,bind-nonrecursive`],
      'ls /in/passing | wc -l; grep -c " /in" /proc/self/mountinfo',
    ),
    scripted(
      '-v shared',
      ['-v', `${directory}/passing:/in:shared`],
      'grep " /in " /proc/self/mountinfo | grep -c shared:',
    ),
    scripted(
      '-v rslave',
      ['-v', `${directory}/passing:/in:rslave`],
      'grep " /in " /proc/self/mountinfo | grep -c master:',
    ),
    scripted(
      '-v private',
      ['-v', `${directory}/passing:/in:private`],
      'grep " /in " /proc/self/mountinfo | grep -c -e master: -e shared:; true',
    ),
    scripted(
      '--mount bind-propagation',
      ['--mount', `type=bind,src=${directory}/passing,dst=/in,bind-propagation=rshared`],
      'grep " /in " /proc/self/mountinfo | grep -c shared:',
    ),
    scripted(
      '--mount tmpfs',
      ['--mount', 'type=tmpfs,dst=/data,tmpfs-size=1m,tmpfs-mode=750'],
      "ls -ld /data | cut -c1-10; grep ' /data ' /proc/self/mountinfo | cut -d' ' -f5,6,9-",
    ),
    scripted(
      '--mount tmpfs, plain',
      ['--mount', 'type=tmpfs,dst=/data'],
      "ls -ld /data | cut -c1-10; grep ' /data ' /proc/self/mountinfo | cut -d' ' -f5,6,9-",
    ),
    scripted('an anonymous volume with what the image has', ['-v', '/data'], `cd /data; ${LIST}`),
    scripted(
      'an anonymous volume where nothing is',
      ['-v', '/nothing/here'],
      `cd /nothing/here; ${LIST}`,
    ),
    scripted(
      'a volume on a link of the image',
      ['-v', 'of-link:/linked'],
      'ls /deep/er; touch /linked/x; ls /deep/er',
    ),
    {
      what: 'a named volume',
      steps: [
        ['volume', 'create', '--label', 'a=b', 'first'],
        run(['-v', 'first:/data'], 'parity', `cd /data; ${LIST}; echo more >more; rm one`),
        run(['-v', 'first:/data'], 'parity', `cd /data; ${LIST}`),
        run(['-v', 'first:/data:ro'], 'parity', `touch /data/x; ${mounted('/data')}`),
        run(
          ['--mount', 'src=first,dst=/elsewhere,readonly'],
          'parity',
          `ls /elsewhere; ${mounted('/elsewhere')}`,
        ),
        [
          'volume',
          'inspect',
          '--format',
          '{{.Name}} {{.Driver}} {{.Scope}} {{json .Labels}}',
          'first',
        ],
        ['volume', 'rm', 'first'],
        ['volume', 'ls', '-q', '--filter', 'name=first'],
      ],
    },
    {
      what: 'a volume that is made by its use',
      steps: [
        run(['-v', 'made:/data:nocopy'], 'parity', `cd /data; ${LIST}`),
        run(
          ['--mount', 'type=volume,src=made2,dst=/data,volume-nocopy,volume-label=c=d'],
          'parity',
          'ls /data',
        ),
        ['volume', 'ls', '-q', '--filter', 'label=c=d'],
        ['volume', 'rm', 'made', 'made2'],
      ],
    },
    {
      what: 'volumes of the image',
      steps: [
        run(
          ['-u', 'root'],
          'volumes',
          `cd /seeded; ${LIST}; ls -ldn /fresh | cut -c1-20; ${mounted('/seeded', '/fresh')}`,
        ),
        run(['-v', `${files}:/seeded`], 'volumes', 'ls /seeded'),
        run(
          ['--tmpfs', '/seeded'],
          'volumes',
          "ls /seeded; grep ' /seeded ' /proc/self/mountinfo | cut -d' ' -f6",
        ),
      ],
    },
    {
      what: '--volumes-from',
      steps: [
        kept(
          'giver',
          ['-v', 'given:/given', '-v', `${files}:/host:ro`, '-u', 'root'],
          'echo 1 >/given/a; echo 2 >/fresh/b',
        ),
        run(
          ['--volumes-from', 'giver'],
          'parity',
          `cat /given/a /fresh/b; ls /host /seeded; ${mounted('/given', '/host', '/fresh', '/seeded')}`,
        ),
        run(
          ['--volumes-from', 'giver:ro'],
          'parity',
          `touch /given/x; ${mounted('/given', '/host', '/fresh')}`,
        ),
        run(['--volumes-from', 'giver', '-v', '/given'], 'parity', 'ls /given'),
        ['rm', '-v', 'giver'],
        ['volume', 'ls', '-q', '--filter', 'name=given'],
        ['volume', 'rm', 'given'],
      ],
    },
    {
      what: 'a volume that somebody has',
      refused: true,
      statuses: TROUBLE,
      steps: [
        kept('user', ['-v', 'used:/x']),
        ['volume', 'rm', 'used'],
        ['rm', 'user'],
        ['volume', 'rm', 'used'],
        ['volume', 'rm', 'used'],
      ],
    },
    {
      what: 'a volume that is not there',
      refused: true,
      statuses: TROUBLE,
      differs: [{ reason: 'nothing is no list', ours: /^$/, theirs: /^\[\]\n/ }],
      steps: [['volume', 'inspect', 'nowhere']],
    },
    { what: 'volume rm -f', steps: [['volume', 'rm', '-f', 'nowhere']] },
    {
      what: 'a bad name for a volume',
      refused: true,
      statuses: TROUBLE,
      steps: [['volume', 'create', '../x']],
    },
    refused('-v with a bad name', '-v', 'a/b:/x'),
    refused('-v twice in one place', '-v', '/tmp:/x', '-v', '/etc:/x'),
    refused('-v and --tmpfs in one place', '-v', '/tmp:/x', '--tmpfs', '/x'),
    refused('-v shared of what is not shared', '-v', '/proc:/x:shared'),
    refused('--mount bind of nothing', '--mount', `type=bind,src=${directory}/not/there,dst=/x`),
    refused('--mount without a target', '--mount', 'type=bind,src=/tmp'),
    refused('--mount of an unknown type', '--mount', 'type=magic,src=/tmp,dst=/x'),
    refused('--mount with an unknown key', '--mount', 'type=bind,src=/tmp,dst=/x,color=red'),
    refused('--mount tmpfs with a source', '--mount', 'type=tmpfs,src=/tmp,dst=/x'),
    refused('--volumes-from nobody', '--volumes-from', 'nobody'),
    refused('--volumes-from with a bad mode', '--volumes-from', 'holder:sideways'),
  ];
}
