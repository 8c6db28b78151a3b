// What runs in a container, told from what its image has: real programs, dropped, deleted, preloaded.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import t from 'tap';
import type { BlameDocument } from '../../src/inspect/documents/blame.js';
import { NsDocument } from '../../src/inspect/documents/ns.js';
import { ProcsDocument, type ProcessRecord } from '../../src/inspect/documents/procs.js';
import { cannotRun, eventually, makeCutaway } from '../support/cli.js';
import { schemaErrors } from '../support/schema-errors.js';

/** Applets are chosen by the name that busybox is called by. */
const SCRIPT = [
  'mkdir /tmp/d && cp /bin/busybox /tmp/d/sleep && { /tmp/d/sleep 2001 & }',
  'nc -l -p 8099 >/dev/null &',
  'LD_PRELOAD=/tmp/evil.so sleep 2003 &',
  'echo /tmp/evil.so > /etc/ld.so.preload',
  'cp /host/lib.so /tmp/lib.so && { LD_PRELOAD=/tmp/lib.so /usr/bin/perl -e "sleep 2004" & }',
  'sleep 0.5; rm /tmp/d/sleep',
  'exec /bin/sleep 2000',
].join('\n');

const unable = cannotRun('runc', 'busybox', 'perl', 'nsenter');

t.test('a container in which much was dropped', { skip: unable }, async (t) => {
  const cutaway = makeCutaway(t);
  chmodSync(cutaway.directory, 0o755);
  const library = findLibrary();
  const mounts = [
    ...['-v', `${library}:/host/lib.so:ro`],
    ...['/usr/bin', '/usr/lib', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`]),
  ];
  await cutaway.line('run', '-d', '--name', 'web', ...mounts, 'busybox', 'sh', '-c', SCRIPT);
  const read = async () => (await cutaway.json('procs', 'web')) as ProcsDocument;
  const find = ({ processes }: ProcsDocument, words: RegExp) =>
    processes.find(({ command }) => words.test(command.argv.join(' ')));
  await eventually(async () => {
    const document = await read();
    return find(document, /^\/bin\/sleep 2000/) && find(document, /perl/)?.libraries?.length;
  }, 'all of it runs');
  const document = await read();
  t.same(schemaErrors(ProcsDocument, document), []);
  const init = find(document, /^\/bin\/sleep 2000/);

  await t.test('busybox that was dropped, started and deleted', async (t) => {
    const dropped = find(document, /^\/tmp\/d\/sleep 2001/);
    const busybox = (await cutaway.run(['cat', 'web', '/bin/busybox'])).bytes;
    t.equal(dropped?.exe, '/tmp/d/sleep (deleted)');
    t.match(dropped?.executable, {
      origin: { kind: 'upper' },
      deleted: true,
      size: busybox.length,
      sha256: createHash('sha256').update(busybox).digest('hex'),
    });
    const blame = (await cutaway.json('blame', 'web', '/bin/busybox')) as BlameDocument;
    t.match(dropped?.executable?.sameContent?.[0], {
      path: '/bin/busybox',
      role: 'layer',
      layer: blame.visible,
    });
    const finding = document.findings.find(({ pid }) => pid === dropped?.pid);
    t.match(finding, {
      code: 'executable-in-upper',
      message: /deleted; .* the same as \/bin\/busybox/,
    });
    const face = await cutaway.text('procs', 'web');
    t.match(face, /! process \d+ \(sleep\) runs \/tmp\/d\/sleep from the upper layer, deleted/);
  });

  await t.test('programs of the image and of a mount are where they come from', (t) => {
    t.match(init?.executable, { origin: { kind: 'layer' }, deleted: false });
    t.equal(init?.executable?.sha256, undefined, 'an ordinary program is not read');
    t.match(find(document, /perl/)?.executable?.origin, {
      kind: 'mount',
      mountPoint: '/usr/bin',
    });
    t.match(
      document.processes.filter(({ supervisor }) => supervisor).map(originOf),
      [...document.processes.filter(({ supervisor }) => supervisor)].map(() => 'host'),
    );
    t.end();
  });

  await t.test('libraries of the upper layer, and what preloads them', (t) => {
    const perl = find(document, /perl/);
    const mapped = perl?.libraries?.find(({ path }) => path === '/tmp/lib.so');
    t.match(mapped, { origin: { kind: 'upper' }, deleted: false });
    t.ok(perl?.libraries?.every(({ origin }) => origin.kind !== 'layer'));
    t.ok(readMaps(perl?.pid ?? 0).includes('/tmp/lib.so'));
    t.match(find(document, /^sleep 2003/)?.preload, [
      { source: 'LD_PRELOAD', value: '/tmp/evil.so' },
      { source: '/etc/ld.so.preload', value: '/tmp/evil.so' },
    ]);
    const codes = document.findings.filter(({ pid }) => pid === perl?.pid).map(({ code }) => code);
    t.same(codes, ['library-in-upper', 'preload']);
    t.end();
  });

  await t.test('who listens', (t) => {
    const nc = find(document, /^nc /);
    const [socket, ...more] = nc?.sockets ?? [];
    t.same(more, []);
    t.match(socket, { listening: true, state: 'listening', local: { port: 8099 } });
    for (const fd of socket?.fds ?? [-1]) {
      t.equal(readlinkSync(`/proc/${nc?.pid}/fd/${fd}`), `socket:[${socket?.inode}]`);
    }
    t.end();
  });

  await t.test('what confines it, and what it uses', (t) => {
    const mask = init?.capabilities?.bounding ?? '';
    t.match(readFileSync(`/proc/${init?.pid}/status`, 'utf8'), `CapBnd:\t${mask}\n`);
    t.same(init?.seccomp?.mode, 'filter');
    const names = document.capabilitySets?.[mask] ?? [];
    t.ok(names.includes('cap_chown') && !names.includes('cap_sys_admin'));
    const group = document.controlGroups?.[init?.controlGroup ?? -1];
    const members = document.processes.filter(isMember).length;
    t.match(group, { processes: members });
    if (group?.pids !== undefined) t.equal(group.pids, members, 'one thread each');
    t.end();
  });

  await t.test('a face with details', async (t) => {
    const face = await cutaway.text('procs', 'web', '--details');
    t.match(face, /program +\/tmp\/d\/sleep · upper layer · deleted · sha256 [0-9a-f]{12}/);
    t.match(face, /listens +tcp6? \S+:8099 fd \d/);
    t.match(face, /library +\/tmp\/lib.so · upper layer/);
    t.match(face, /confinement +seccomp filter/);
  });

  await t.test('an ordinary user is told what it may not see', async (t) => {
    const wrapper = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
    const env = { CUTAWAY_DATA_ROOT: '/nonexistent' };
    const { status, stdout } = await cutaway.run(['procs', `pid:${init?.pid}`, '--json'], {
      wrapper,
      env,
    });
    t.equal(status, 0);
    const seen = JSON.parse(stdout) as ProcsDocument;
    t.same(schemaErrors(ProcsDocument, seen), []);
    const own = seen.processes.find(({ pid }) => pid === init?.pid);
    t.equal(own?.executable, undefined);
    t.equal(own?.sockets, undefined, 'not "none"');
    const paths = seen.problems.map(({ path }) => path?.replace(/\d+/, 'N'));
    for (const name of ['exe', 'ns/mnt', 'fd', 'environ']) {
      t.ok(
        paths.some((path) => path?.startsWith(`/proc/N/${name}`)),
        name,
      );
    }
  });

  await t.test('nsenter of a sleep is one intruder', async (t) => {
    const enter = spawn('nsenter', [
      '-t',
      `${init?.pid}`,
      '-m',
      '-u',
      '-i',
      '-n',
      '-p',
      'sleep',
      '2005',
    ]);
    t.teardown(() => enter.kill('SIGKILL'));
    const look = async () => (await cutaway.json('ns', 'web')) as NsDocument;
    await eventually(
      async () => (await look()).findings.some(({ types }) => types.includes('pid')),
      'it is in',
    );
    const { findings, isolation } = await look();
    const inside = findings[0]?.pid ?? 0;
    t.equal(findings.length, 1);
    t.match(readFileSync(`/proc/${inside}/cmdline`, 'utf8'), /^sleep\x002005/);
    t.same(findings[0]?.processes, [enter.pid, inside]);
    t.same(findings[0]?.types, ['mnt', 'pid', 'net', 'ipc', 'uts']);
    t.same(
      isolation?.filter(({ effect }) => effect === 'escape'),
      [],
      'a container with our defaults has no way out',
    );
    process.kill(inside, 'SIGKILL');
  });
});

function originOf({ executable }: ProcessRecord): string | undefined {
  return executable?.origin.kind;
}

function isMember({ supervisor }: ProcessRecord): boolean {
  return !supervisor;
}

function readMaps(pid: number): string {
  return readFileSync(`/proc/${pid}/maps`, 'utf8');
}

/** Some library that perl can load without harm. */
function findLibrary(): string {
  const { stdout } = spawnSync('ldd', ['/usr/bin/perl'], { encoding: 'utf8' });
  return /(\S*\/libm\.so\S*)/.exec(stdout)?.[1] ?? '/usr/lib/libm.so.6';
}

/** memfd_create(2) by number, then the program in it, as a dropper without a disk does. */
const IN_MEMORY = `
  my $number = { x86_64 => 319, aarch64 => 279 }->{\`uname -m\` =~ s/\\s//r};
  my $fd = syscall($number, my $name = "hidden", 0);
  open(my $from, "<", "/bin/sleep"); binmode $from;
  open(my $to, ">&=", $fd); binmode $to;
  local $/; print $to scalar <$from>; $to->flush();
  exec { "/proc/self/fd/$fd" } "sleep", "2006";
`;

t.test('a program that is no file', { skip: unable }, async (t) => {
  const cutaway = makeCutaway(t);
  const child = spawn('perl', ['-MIO::Handle', '-e', IN_MEMORY], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  await eventually(() => readlinkSync(`/proc/${pid}/exe`).startsWith('/memfd:'), 'it runs');
  const document = (await cutaway.json('procs', `pid:${pid}`)) as ProcsDocument;
  t.same(schemaErrors(ProcsDocument, document), []);
  const own = document.processes.find((one) => one.pid === pid);
  const sleep = readFileSync('/bin/sleep');
  t.match(own?.executable, {
    origin: { kind: 'memory' },
    sha256: createHash('sha256').update(sleep).digest('hex'),
  });
  t.match(document.findings, [{ code: 'executable-in-memory', pid }]);
});

t.test(
  'namespaces that only a descriptor keeps, and a tree of users',
  { skip: unable },
  async (t) => {
    const cutaway = makeCutaway(t);
    const first = spawn('unshare', ['-u', 'sleep', '2007'], { stdio: 'ignore' });
    const link = `/proc/${first.pid}/ns/uts`;
    const ofHost = readlinkSync('/proc/self/ns/uts');
    await eventually(() => readlinkSync(link) !== ofHost, 'it has its own');
    const inode = /\d+/.exec(readlinkSync(link))?.[0];
    const held = openSync(link, 'r');
    t.teardown(() => {
      closeSync(held);
    });
    first.kill('SIGKILL');
    const users = spawn('unshare', ['-Ur', 'unshare', '-Ur', 'sleep', '2008'], { stdio: 'ignore' });
    t.teardown(() => users.kill('SIGKILL'));
    const command = () => readFileSync(`/proc/${users.pid}/cmdline`, 'utf8');
    await eventually(() => command().startsWith('sleep'), 'both were made');
    const look = async () => (await cutaway.json('ns', '--all')) as NsDocument;
    await eventually(
      async () => (await look()).namespaces.find((one) => one.inode === inode)?.processes === 0,
      'its process is gone',
    );
    const document = await look();
    t.same(schemaErrors(NsDocument, document), []);
    const find = (wanted: string | undefined) =>
      document.namespaces.find((one) => one.inode === wanted);
    t.match(find(inode), {
      type: 'uts',
      processes: 0,
      openIn: { descriptors: [{ pid: process.pid, fd: held }] },
    });
    const inner = find(/\d+/.exec(readlinkSync(`/proc/${users.pid}/ns/user`))?.[0]);
    const outer = find(inner?.parent);
    t.match(inner, { type: 'user', processes: 1, ownerUid: 0 });
    t.match(outer, { type: 'user', processes: 0, heldBy: [] }, 'nobody is in it, it is on the way');
    t.equal(find(outer?.parent)?.host, true);
    const { stdout } = spawnSync('lsns', ['-J', '-t', 'user', '-o', 'NS,PNS'], {
      encoding: 'utf8',
    });
    const rows = (JSON.parse(stdout) as { namespaces: { ns: number; pns: number }[] }).namespaces;
    t.equal(String(rows.find(({ ns }) => String(ns) === inner?.inode)?.pns), inner?.parent, 'lsns');
    t.match(
      await cutaway.text('ns', '--all'),
      /\\_ ● \d+ · 0 processes[^\n]*\n {5}\\_ ● \d+ · 1 process/,
    );
  },
);
