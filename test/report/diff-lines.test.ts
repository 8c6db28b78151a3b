import t from 'tap';
import type { ChangeRecord, DiffDocument } from '../../src/inspect/documents/diff.js';
import { formatDiff } from '../../src/report/diff-lines.js';
import { formatDiffStat } from '../../src/report/diff-stat.js';
import { makeTheme } from '../../src/report/theme.js';

const pipe = { theme: makeTheme(false), width: Infinity, noTrunc: false, now: 0 };
const terminal = { ...pipe, width: 80 };
const subject = { kind: 'image', engine: 'cutaway', target: 'cutaway:x' } as const;

const file = {
  type: 'file',
  mode: '0644',
  uid: 0,
  gid: 0,
  size: 5,
  mtime: '2026-11-21T00:00:00Z',
} as const;

const changes: ChangeRecord[] = [
  { kind: 'A', path: '/.dockerenv', aspects: [], madeBy: 'engine' },
  {
    kind: 'C',
    path: '/etc/\u001b]0;x',
    aspects: ['content', 'mode'],
    before: file,
    after: file,
    content: { kind: 'text', patch: '@@ -1 +1,2 @@\n-a\u001b[31m\n+b\u202e\n+\tc\\n\n' },
  },
  { kind: 'D', path: '/old', aspects: [], movedTo: '/new' },
  { kind: 'A', path: '/new', aspects: [], movedFrom: '/old' },
  { kind: 'A', path: '/bin', aspects: [], after: file, content: { kind: 'binary' } },
  { kind: 'A', path: '/big', aspects: [], content: { kind: 'over-limit', limit: 'too much' } },
];

function documentOf(more: Partial<DiffDocument>): DiffDocument {
  const counts = { added: 4, changed: 1, deleted: 1, bytesAdded: 1500, bytesDeleted: 5 };
  return {
    schema: 'cutaway/diff/v1',
    tool: { name: 'cutaway', version: '0' },
    subject,
    before: subject,
    after: subject,
    sense: 'trees',
    totals: { ...counts, moved: 1, byEngine: 1 },
    directories: [
      { path: '/etc', ...counts, bytesAdded: 5 },
      { path: '/', ...counts },
    ],
    changes,
    problems: [],
    collected: { at: '2026-11-21T12:00:00Z', host: 'h', kernel: 'k' },
    ...more,
  };
}

t.test('between trees', (t) => {
  t.equal(
    formatDiff(documentOf({}), pipe),
    `A /.dockerenv  made by the engine
C /etc/\\x1b]0;x  content, mode
--- a/etc/\\x1b]0;x
+++ b/etc/\\x1b]0;x
@@ -1 +1,2 @@
-a\\x1b[31m
+b\\u202e
+\tc\\n
D /old  moved to /new
A /new  moved from /old
A /bin
  not compared: no text
A /big
  not compared: too much

6 changes: 1 file moved; 1 made by the engine, 5 by others
`,
  );
  t.end();
});

t.test('of a container: for a program as docker diff, on a terminal with more', (t) => {
  const plain = changes.map(({ kind, path, madeBy, movedTo, movedFrom }) => ({
    kind,
    path,
    aspects: [],
    ...(madeBy && { madeBy }),
    ...(movedTo && { movedTo }),
    ...(movedFrom && { movedFrom }),
  }));
  const document = documentOf({ sense: 'container', changes: plain });
  t.equal(
    formatDiff(document, pipe),
    'A /.dockerenv\nC /etc/\\x1b]0;x\nD /old\nA /new\nA /bin\nA /big\n',
  );
  t.match(formatDiff(document, terminal), /^A \/\.dockerenv {2}made by the engine\n/);
  t.match(formatDiff(document, terminal), /\n\n6 changes: 1 file moved; 1 made by/);
  t.end();
});

t.test('configs', (t) => {
  const config: NonNullable<DiffDocument['config']> = [
    { kind: 'C', field: 'Env', name: 'PATH', before: '/bin', after: `/bin:${'/x'.repeat(60)}` },
    { kind: 'A', field: 'Cmd', after: ['sh', '\u001b'] },
    { kind: 'D', field: 'history', before: { created_by: 'RUN \u009b1m' } },
  ];
  const text = formatDiff(documentOf({ config, changes: [] }), terminal);
  t.match(
    text,
    /^CONFIG\nC Env PATH {2}\/bin → \/bin:\/x.*…\nA Cmd {2}\["sh","\\\\?\\?u001b"\]\nD history {2}RUN \\x9b1m\n/,
  );
  t.ok(
    text
      .split('\n')
      .slice(0, 4)
      .every((line) => line.length <= 80),
    'within the terminal',
  );
  t.match(
    formatDiff(documentOf({ config, changes: [] }), { ...terminal, noTrunc: true }),
    '/x'.repeat(60),
  );
  t.end();
});

t.test('counts by directory', (t) => {
  const text = formatDiffStat(documentOf({}), terminal);
  t.equal(
    text,
    `DIRECTORY    A   C   D     ADDED   DELETED
/etc         4   1   1      +5 B      −5 B   +-
/ (itself)   4   1   1   +1.5 kB      −5 B   ++++++++++++++++++++-

6 changes: 4 added, 1 changed, 1 deleted, 1 moved; 1 made by the engine; +1.5 kB, −5 B
`,
  );
  t.equal(
    formatDiffStat(documentOf({ changes: [], directories: [] }), terminal).split('\n').length,
    2,
  );
  t.end();
});
