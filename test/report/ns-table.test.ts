import t from 'tap';
import type { NamespaceRecord, NsDocument } from '../../src/inspect/documents/ns.js';
import { formatNamespaces } from '../../src/report/ns-table.js';
import { makeTheme } from '../../src/report/theme.js';

const view = { theme: makeTheme(false), width: Infinity, noTrunc: false, now: 0 };
const TYPES = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;
const HOST = ['user', 'cgroup', 'time'];

function row(name: string, first: number, more: Partial<Record<string, number>> = {}) {
  const namespaces = TYPES.map((type, index) => ({
    type,
    inode: `40265${(HOST.includes(type) ? 31800 + index : (more[type] ?? first + index)).toString()}`,
    host: HOST.includes(type),
  }));
  return { target: `docker:${name}`, engine: 'docker', name, pid: first, namespaces };
}

type Row = ReturnType<typeof row>;

function documentOf(
  subjects: NsDocument['subjects'],
  namespaces: NamespaceRecord[],
  findings: NsDocument['findings'] = [],
): NsDocument {
  return {
    schema: 'cutaway/ns/v1',
    tool: { name: 'cutaway', version: '0' },
    subject: { kind: 'container', engine: 'docker', target: 'docker:git', name: 'git', pid: 7 },
    host: { pid: 1, namespaces: [] },
    subjects,
    namespaces,
    findings,
    problems: [],
    collected: { at: '2026-11-21T12:00:00Z', host: 'h', kernel: 'k' },
  };
}

function recordsOf(rows: readonly Row[]): NamespaceRecord[] {
  const records = new Map<string, NamespaceRecord>();
  for (const { namespaces, target, name } of rows) {
    for (const { type, inode, host } of namespaces) {
      const known = records.get(inode);
      const sharedBy = [...(known?.sharedBy ?? []), { target, name, processes: 2 }];
      const otherProcesses = host ? { count: 77, pids: [1, 2] } : { count: 0, pids: [] };
      records.set(inode, { type, inode, host, processes: 2, sharedBy, otherProcesses, heldBy: [] });
    }
  }
  return [...records.values()];
}

t.test('the matrix', (t) => {
  const rows = [row('git', 32180), row('web', 32200, { net: 32182 })];
  const stopped = { target: 'docker:old', engine: 'docker', name: 'old', namespaces: [] };
  const finding = {
    code: 'outsider-in-namespace' as const,
    message: 'process 4711 (nsenter) is in the mnt namespace of git but outside its cgroup',
    target: 'docker:git',
    pid: 4711,
    types: ['mnt' as const],
  };
  t.equal(
    formatNamespaces(documentOf([...rows, stopped], recordsOf(rows), [finding]), view),
    `       mnt    pid    net    ipc    uts    user   cgroup  time
  git  ●…180  ●…181  ◐…182  ●…183  ●…184  ○host  ○host   ○host
  web  ●…200  ●…201  ◐…182  ●…203  ●…204  ○host  ○host   ○host
  old  -      -      -      -      -      -      -       -      not running

  ● its own   ◐ shared with another   ○ the host’s

! process 4711 (nsenter) is in the mnt namespace of git but outside its cgroup
`,
  );
  t.end();
});

t.test('two namespaces never look the same', (t) => {
  const rows = [row('git', 32180), row('web', 33180)];
  const text = formatNamespaces(documentOf(rows, recordsOf(rows)), view);
  t.match(text, /●…2180/);
  t.match(text, /●…3180/);
  const whole = formatNamespaces(documentOf(rows, recordsOf(rows)), { ...view, noTrunc: true });
  t.match(whole, /●4026532180/);
  t.end();
});

t.test('one container in detail', (t) => {
  const rows = [row('git', 32180), row('web', 32200, { net: 32182 })];
  const records = recordsOf(rows).map((record) =>
    record.type === 'net'
      ? {
          ...record,
          owner: '4026531837',
          otherProcesses: { count: 21, pids: [4711, 4712] },
          heldBy: [{ mountPoint: '/run/netns/\u001b[31mx', mountNamespace: '1', pid: 1 }],
        }
      : record,
  );
  const lines = formatNamespaces(documentOf([rows[0]!], records), view).split('\n');
  t.equal(lines[0], 'git · pid 7');
  t.match(lines[2], /^TYPE +INODE +SHARED WITH +OWNER +PARENT +HELD BY$/);
  t.match(lines[3], /^mnt +4026532180 +● own +- +- +- +-$/);
  t.match(
    lines[5],
    /^net +4026532182 +● own +web, 21 other processes: 4711, 4712, … +4026531837 +- +\/run\/netns\/\\x1b\[31mx$/,
  );
  t.match(lines[8], /^user +4026531805 +○ host +web, 77 host processes +- +- +-$/);
  t.end();
});

t.test('one that is not running', (t) => {
  const stopped = { target: 'docker:git', engine: 'docker', namespaces: [] };
  t.match(formatNamespaces(documentOf([stopped], []), view), /\nnot running\n/);
  t.end();
});

t.test('one that runs but may not be read', (t) => {
  const closed = { target: 'docker:git', engine: 'docker', pid: 7, namespaces: [] };
  t.match(formatNamespaces(documentOf([closed], []), view), /\nnot ours to read\n/);
  t.end();
});

t.test('the whole machine', (t) => {
  const record: NamespaceRecord = {
    type: 'net',
    inode: '4026531833',
    host: true,
    processes: 12,
    sharedBy: [],
    otherProcesses: { count: 12, pids: [1] },
    lowest: {
      pid: 1,
      user: { uid: 0, name: 'root' },
      command: { comm: 'x', argv: ['a\u001b', 'b'] },
    },
    heldBy: [],
  };
  const held: NamespaceRecord = {
    type: 'net',
    inode: '4026532177',
    host: false,
    processes: 0,
    sharedBy: [],
    otherProcesses: { count: 0, pids: [] },
    heldBy: [{ mountPoint: '/run/netns/a', mountNamespace: '1', pid: 1 }],
  };
  const lines = formatNamespaces(documentOf([], [record, held]), view).split('\n');
  t.match(lines[1], /^net +○ 4026531833 +12 +1 +root +- +- +a\\x1b b$/);
  t.match(lines[2], /^net +● 4026532177 +0 +- +- +- +\/run\/netns\/a +-$/);
  t.equal(lines.at(-1), '');
  t.end();
});
