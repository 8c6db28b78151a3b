import t from 'tap';
import type { ProcessRecord, ProcsDocument } from '../../src/inspect/documents/procs.js';
import { formatProcs } from '../../src/report/procs-table.js';
import { makeTheme } from '../../src/report/theme.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const view = { theme: makeTheme(false), width: 120, noTrunc: false, now: NOW };

function record(pid: number, ppid: number, more: Partial<ProcessRecord> = {}): ProcessRecord {
  return {
    pid,
    pidInNamespaces: [pid],
    ppid,
    supervisor: false,
    belongsBy: [],
    user: { uid: 0, name: 'root' },
    state: 'S',
    processGroup: pid,
    session: 1,
    foreground: false,
    nice: 0,
    threads: 1,
    startTicks: 1,
    startedAt: '2026-11-21T08:30:05Z',
    cpuSeconds: 0,
    rss: 2_048_000,
    virtualSize: 0,
    cgroups: [],
    command: { comm: `p${pid}`, argv: [`p${pid}`] },
    kernelThread: false,
    ...more,
  };
}

function documentOf(
  processes: ProcessRecord[],
  findings: ProcsDocument['findings'] = [],
): ProcsDocument {
  return {
    schema: 'cutaway/procs/v1',
    tool: { name: 'cutaway', version: '0' },
    subject: { kind: 'container', engine: 'docker', target: 'docker:git', name: 'git', pid: 2071 },
    processes,
    findings,
    problems: [],
    collected: { at: '2026-11-21T12:00:00Z', host: 'h', kernel: 'k' },
  };
}

t.test('a container: its shim on top, pids and users on both sides, strays below', (t) => {
  const inside = (pid: number, ppid: number, inner: number, more: Partial<ProcessRecord> = {}) =>
    record(pid, ppid, {
      pidInNamespaces: [pid, inner],
      user: { uid: 100000 },
      userInside: { uid: 0, name: 'root' },
      belongsBy: ['namespace', 'cgroup'],
      ...more,
    });
  const document = documentOf(
    [
      record(2045, 1, {
        supervisor: true,
        threads: 9,
        startedAt: '2026-11-20T08:30:05Z',
        command: { comm: 'shim', argv: ['containerd-shim', '-namespace', 'moby'] },
      }),
      inside(2071, 2045, 1, { tty: 'pts/0', session: 2071, foreground: true, cpuSeconds: 67.5 }),
      inside(2100, 2071, 12, { nice: 5 }),
      inside(2101, 2100, 13, { cpuSeconds: 3725 }),
      inside(2102, 2071, 14, {
        state: 'Z',
        command: { comm: 'gone', argv: [] },
        userInside: {},
      }),
      record(4711, 1, { pidInNamespaces: [4711, 20, 1], belongsBy: ['namespace'] }),
    ],
    [{ code: 'outside-cgroup', message: 'process 4711 is outside', pid: 4711 }],
  );
  t.equal(
    formatProcs(document, view),
    `git · pid 2071 · 5 processes, supervised by 2045

 PID  INSIDE  USER    USER INSIDE  TTY    STAT  START          TIME      RSS  COMMAND
2045       -  root    root         ?      Sl    2026-11-20     0:00  2.05 MB  containerd-shim -namespace moby
2071       1  100000  root         pts/0  Ss+   08:30:05       1:07  2.05 MB   \\_ p2071
2100      12  100000  root         ?      SN    08:30:05       0:00  2.05 MB       \\_ p2100
2101      13  100000  root         ?      S     08:30:05    1:02:05  2.05 MB       |   \\_ p2101
2102      14  100000  nobody here  ?      Z     08:30:05       0:00  2.05 MB       \\_ [gone] <defunct>
4711    20/1  root    root         ?      S     08:30:05       0:00  2.05 MB  p4711

! process 4711 is outside
`,
  );
  t.end();
});

t.test('a host without containers needs no inside', (t) => {
  const text = formatProcs(documentOf([record(1, 0), record(7, 1, { tty: 'tty1' })]), view);
  t.equal(
    text.split('\n').slice(2).join('\n'),
    `PID  USER  TTY   STAT  START     TIME      RSS  COMMAND
  1  root  ?     Ss    08:30:05  0:00  2.05 MB  p1
  7  root  tty1  S     08:30:05  0:00  2.05 MB   \\_ p7
`,
  );
  t.end();
});

t.test('nothing from the machine reaches the terminal as it is', (t) => {
  const evil = '\u001b]0;owned\u0007\r\n\u202e\u009b2J\udcff';
  const document = documentOf(
    [
      record(5, 1, {
        tty: evil,
        state: evil,
        user: { uid: 1, name: evil },
        userInside: { uid: 1, name: `${evil}2` },
        command: { comm: evil, argv: [evil, evil] },
      }),
      record(6, 5, { command: { comm: evil, argv: [] } }),
    ],
    [{ code: 'outside-cgroup', message: evil, pid: 5 }],
  );
  const subject = { ...document.subject, name: evil, image: evil, id: evil, state: evil };
  const text = formatProcs({ ...document, subject }, { ...view, width: Infinity });
  t.notMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e\ud800-\udfff]/);
  t.equal(text.split('\n').length, 8, 'one line says one thing');
  t.end();
});

t.test('long commands are cut at the edge, and only there', (t) => {
  const argv = ['sleep', '한'.repeat(60_000), '\u001b'.repeat(10)];
  const document = documentOf([record(5, 1, { command: { comm: 'x', argv } })]);
  const [, , , cut = ''] = formatProcs(document, { ...view, width: 80 }).split('\n');
  t.match(cut, /한…$/);
  t.ok(cut.length < 80);
  const whole = formatProcs(document, { ...view, width: 80, noTrunc: true });
  t.ok(whole.includes('한'.repeat(60_000)));
  t.ok(whole.includes('\\x1b'.repeat(10)));
  t.end();
});

t.test('a fork bomb’s chain stays drawable', (t) => {
  const chain = Array.from({ length: 5000 }, (_, index) => record(index + 1, index));
  const text = formatProcs(documentOf(chain), { ...view, width: Infinity });
  t.equal(text.split('\n').length, 5004);
  t.ok(text.length < 5000 * 260);
  t.end();
});
