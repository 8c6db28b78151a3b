import t from 'tap';
import { spawnSync } from 'node:child_process';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { listProcesses, parseCmdline, readProcess } from '../../src/ns/process.js';
import { summarizeProblems } from '../../src/ns/unreadable.js';
import { recordProcesses } from './recorded-process.js';
import { start, until } from './real-process.js';

t.test('one process of a recorded host, field by field', (t) => {
  const record = recordProcesses({
    42: { ppid: 41, session: 42, ttyNumber: 0x8800 + 3, nsPid: [42, 7, 1], uid: 1000 },
  });
  const { process, problems } = readProcess(recordedHost(record), 42)!;

  t.same(problems, []);
  t.match(process, {
    pid: 42,
    comm: 'sleep',
    state: 'S',
    ppid: 41,
    processGroup: 42,
    session: 42,
    tty: 'pts/3',
    foreground: false,
    kernelThread: false,
    nice: 5,
    threads: 3,
    cpuSeconds: 2.25,
    startTicks: 12345,
    startedAt: '2023-11-14T22:15:23Z',
    virtualSize: 8388608,
    rss: 2048000,
    pidInNamespaces: [42, 7, 1],
    uid: { real: 1000, effective: 1000 },
    exe: '/bin/sleep',
    root: '/',
  });
  t.end();
});

t.test('the comm is the hostile part of stat: it ends at the last parenthesis', (t) => {
  for (const comm of [') R 1 (', 'a) S 99 1', '((', 'two words', 'new\nline)', '', '\u001b[31m']) {
    const record = recordProcesses({ 9: { comm, ppid: 3 } });
    const reading = readProcess(recordedHost(record), 9)!;
    t.equal(reading.process?.comm, comm);
    t.equal(reading.process?.ppid, 3, JSON.stringify(comm));
  }
  t.end();
});

t.test('bytes that are no UTF-8 survive in comm and arguments', (t) => {
  const { files, links } = recordProcesses({ 9: { cmdline: 'x' } });
  const stat = Buffer.from(files['/proc/9/stat']!.replace('sleep', 'a\u00ffb'), 'latin1');
  const cmdline = Buffer.from([0x1b, 0x5d, 0x30, 0xff, 0, 0x0a, 0, 0]);
  const host = recordedHost({
    files: { ...files, '/proc/9/stat': stat, '/proc/9/cmdline': cmdline },
    links,
  });
  const process = readProcess(host, 9)!.process!;
  t.equal(process.comm, 'a\udcffb');
  t.same(parseCmdline(process.cmdline), ['\u001b]0\udcff', '\n', '']);
  t.end();
});

t.test('arguments', (t) => {
  const parse = (text: string) => parseCmdline(Buffer.from(text));
  t.same(parse(''), []);
  t.same(parse('sh\0-c\0a b\0'), ['sh', '-c', 'a b']);
  t.same(parse('sh\0\0'), ['sh', ''], 'an empty last argument is one');
  t.same(parse('nginx: master process'), ['nginx: master process'], 'rewritten, without an end');
  t.end();
});

t.test('a command line of megabytes is cut and says so', (t) => {
  const host = recordedHost(recordProcesses({ 9: { cmdline: `x\0${'y'.repeat(3_000_000)}\0` } }));
  const { process, problems } = readProcess(host, 9)!;
  t.equal(process?.cmdline.length, 65536);
  t.equal(process?.cmdlineTruncated, true);
  t.same(problems, []);
  t.end();
});

t.test('processes that vanish are left out, whatever was still there', (t) => {
  const { files, links } = recordProcesses({ 5: {}, 6: {}, 7: {}, 8: {} });
  const host = recordedHost({
    files,
    links,
    directories: ['/proc/4'],
    // 6 ends between opening and reading (ESRCH), 7 after its stat was read.
    failures: { '/proc/6/stat': 'ESRCH', '/proc/7/status': 'ENOENT' },
  });
  const { processes, problems } = listProcesses(host);
  t.same(
    processes.map(({ pid }) => pid),
    [5, 8],
  );
  t.same(problems, []);
  t.equal(readProcess(host, 4), undefined);
  t.end();
});

t.test('what may not be read is a problem, the rest is kept', (t) => {
  const { files, links } = recordProcesses({ 5: { comm: 'secret' }, 6: {} });
  const failures = {
    '/proc/5/exe': 'EACCES',
    '/proc/5/root': 'EACCES',
    '/proc/6/exe': 'EACCES',
  };
  const { processes, problems } = listProcesses(recordedHost({ files, links, failures }));
  t.equal(processes.length, 2);
  t.equal(processes[0]?.comm, 'secret');
  t.equal(processes[0]?.exe, undefined);
  t.equal(processes[1]?.root, '/');
  t.same(
    summarizeProblems(problems).map(({ code, path, message }) => [code, path, message]),
    [
      ['EACCES', '/proc/5/exe', 'readlink "/proc/5/exe": EACCES (and 1 more like it)'],
      ['EACCES', '/proc/5/root', 'readlink "/proc/5/root": EACCES'],
    ],
  );
  t.end();
});

t.test('a damaged stat is a problem of no process: it cannot be told who it is', (t) => {
  const { files, links } = recordProcesses({ 5: {} });
  const host = recordedHost({ files: { ...files, '/proc/5/stat': '5 (x' }, links });
  t.same(listProcesses(host).processes, []);
  t.match(listProcesses(host).problems, [{ code: 'CORRUPT', path: '/proc/5/stat' }]);
  t.end();
});

t.test('a kernel thread has no program, and is not asked for one', (t) => {
  const { files, links } = recordProcesses({ 2: { comm: 'kthreadd', flags: 0x208040 } });
  const host = recordedHost({ files, links, failures: { '/proc/2/exe': 'EACCES' } });
  const { process, problems } = readProcess(host, 2)!;
  t.equal(process?.kernelThread, true);
  t.same(problems, []);
  t.end();
});

t.test('live: every process as ps(1) sees it', (t) => {
  const columns = ['pid', 'ppid', 'pgid', 'sid', 'tty', 'ni', 'euid', 'vsz', 'lstart'];
  const ps = spawnSync('ps', ['-eo', columns.map((one) => `${one}=`).join(',')], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  const { processes } = listProcesses(linuxHost());
  const known = new Map(processes.map((one) => [one.pid, one]));
  let compared = 0;
  for (const line of ps.stdout.trim().split('\n')) {
    const fields = line.trim().split(/\s+/);
    const ours = known.get(Number(fields[0]));
    if (ours === undefined) continue;
    const shown = [ours.ppid, ours.processGroup, ours.session, ours.tty ?? '?', ours.nice];
    t.same(
      [...shown, ours.uid.effective].map(String),
      fields.slice(1, 5).concat(fields[5] === '-' ? String(ours.nice) : fields[5]!, fields[6]!),
      line,
    );
    const started = Date.parse(`${fields.slice(8).join(' ')} UTC`);
    const difference = Math.abs(started - Date.parse(ours.startedAt!));
    t.ok(difference <= 1000, `start of ${ours.pid} differs by ${difference} ms`);
    compared += 1;
  }
  t.ok(compared > 10, `${compared} compared`);
  t.end();
});

t.test('live: a process on a terminal', async (t) => {
  const script = start(['script', '-qec', 'sleep 61.5', '/dev/null']);
  t.teardown(script.stop);
  const host = linuxHost();
  const found = await until(() =>
    listProcesses(host).processes.find(
      (one) => parseCmdline(one.cmdline).join(' ') === 'sleep 61.5' && one.comm === 'sleep',
    ),
  );
  t.match(found.tty, /^pts\/\d+$/);
  t.equal(found.foreground, true);
  const ps = spawnSync('ps', ['-o', 'tty=,stat=,rss=', '-p', `${found.pid}`], { encoding: 'utf8' });
  const [tty, state, rss] = ps.stdout.trim().split(/\s+/);
  t.equal(found.tty, tty);
  t.ok(state?.startsWith(found.state));
  t.equal(found.rss, Number(rss) * 1024);
});
