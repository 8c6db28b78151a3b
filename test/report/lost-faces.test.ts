import t from 'tap';
import type { BlameDocument, BlameEvent } from '../../src/inspect/documents/blame.js';
import type { RecoverDocument } from '../../src/inspect/documents/recover.js';
import type { WasteDocument } from '../../src/inspect/documents/waste.js';
import type { Problem } from '../../src/oci/problem.js';
import { formatBlame } from '../../src/report/blame-drawing.js';
import { formatRecover } from '../../src/report/recover-lines.js';
import { makeTheme } from '../../src/report/theme.js';
import { formatWaste } from '../../src/report/waste-tables.js';

const view = { theme: makeTheme(false), width: 80, noTrunc: false, now: 0 };

function framed<Name extends string>(name: Name) {
  return {
    schema: `cutaway/${name}/v1`,
    tool: { name: 'cutaway', version: '0' },
    subject: { kind: 'image', engine: 'cutaway', target: 'cutaway:web', name: 'web:1' },
    problems: [] as Problem[],
    collected: { at: '2026-11-21T00:00:00Z', host: 'h', kernel: 'k' },
  } as const;
}

const FILE = {
  type: 'file',
  mode: '0644',
  uid: 0,
  gid: 0,
  size: 1234,
  mtime: '2026-11-21T00:00:00Z',
  sha256: 'ab'.repeat(32),
} as const;
const LONG = 'RUN apt-get update && apt-get install -y --no-install-recommends something-long';

function event(layer: number, more: Partial<BlameEvent>): BlameEvent {
  return {
    layer,
    role: 'layer',
    path: '/d/f',
    kind: 'added',
    visible: false,
    aspects: [],
    command: LONG,
    ...more,
  };
}

const blame: BlameDocument = {
  ...framed('blame'),
  path: '/d/f',
  layers: 12,
  visible: 11,
  events: [
    event(2, { kind: 'void', by: { path: '/d/f', what: 'whiteout' } }),
    event(3, { entry: FILE, createdAt: '2026-11-20T10:00:00Z' }),
    event(4, { kind: 'changed', aspects: ['content', 'mode'], entry: { ...FILE, mode: '4755' } }),
    event(7, { kind: 'hidden', by: { path: '/d', what: 'opaque' } }),
    event(8, { kind: 'remade', entry: FILE, contentLayer: 3 }),
    event(9, { kind: 'deleted', by: { path: '/d', what: 'whiteout' } }),
    event(11, {
      kind: 'moved',
      from: '/old\u001b/f',
      visible: true,
      entry: { ...FILE, type: 'directory', mode: '1777' },
      children: { entries: 1, whiteouts: 2 },
    }),
  ],
};

t.test('a life as a line, in 80 columns', (t) => {
  const drawing = formatBlame(blame, view);
  t.equal(
    drawing,
    `/d/f · web:1 · 12 layers · there, from layer 11

      │  layer 12 leaves it as it is
  11  ●  renamed from /old\\x1b/f  RUN apt-get update && apt-get install -y --no…
      │  drwxrwxrwt  0:0  sha256 abababababab  1 entry in it, 2 whiteouts
         layer 10 without it
   9  ╳  deleted with /d          RUN apt-get update && apt-get install -y --no…
   8  ○  made again               RUN apt-get update && apt-get install -y --no…
      │  -rw-r--r--  0:0  1.23 kB  sha256 abababababab  content of layer 3
   7  ╳  hidden: /d is made anew  RUN apt-get update && apt-get install -y --no…
      │  layers 5 to 6 leave it as it is
   4  ○  changed content, mode    RUN apt-get update && apt-get install -y --no…
      │  -rwsr-xr-x  0:0  1.23 kB  sha256 abababababab
   3  ○  added                    RUN apt-get update && apt-get install -y --no…
      │  -rw-r--r--  0:0  1.23 kB  sha256 abababababab  layer of 2026-11-20
   2  ╳  a whiteout of nothing    RUN apt-get update && apt-get install -y --no…
         layer 1 without it
`,
  );
  for (const line of drawing.split('\n')) t.ok(line.length <= 80, line);
  t.match(formatBlame(blame, { ...view, noTrunc: true }), LONG);
  const gone = { ...blame, events: blame.events.slice(0, 6) };
  delete gone.visible;
  t.match(formatBlame(gone, view), /not there any more\n\n +layers 10 to 12 without it\n/);
  t.end();
});

const lost = { path: '/a\n', layer: 1, fate: 'deleted', goneIn: 2, by: '/a', ...FILE } as const;

t.test('what is still in the image', (t) => {
  const document: RecoverDocument = {
    ...framed('recover'),
    layers: [
      { layer: 1, role: 'layer', command: LONG },
      { layer: 2, role: 'layer', command: 'RUN rm /a' },
      { layer: 3, role: 'upper' },
    ],
    totals: {
      entries: 3,
      files: 2,
      size: 2468,
      deleted: 1,
      hidden: 0,
      replaced: 0,
      overwritten: 2,
      unique: { files: 1, size: 1234 },
    },
    entries: [
      { ...lost, get: 'cutaway cat web /a --layer 1' },
      { ...lost, path: '/b', fate: 'overwritten', goneIn: 3, stillAt: '/c' },
      { ...lost, path: '/l', type: 'symlink', fate: 'overwritten', size: 0, linkTarget: 'to' },
    ],
  };
  t.equal(
    formatRecover(document, view),
    `web:1 · 3 layers · 1 deleted, 2 overwritten
2 files of 2.47 kB; 1 file of 1.23 kB with content that is nowhere else

LAYER      SIZE   FATE                   PATH
    1   1.23 kB   deleted in 2           /a\\n
    1   1.23 kB   overwritten in upper   /b  = /c
    1   symlink   overwritten in 2       /l → to

    1   RUN apt-get update && apt-get install -y --no-install-recommends someth…
    2   RUN rm /a
upper   what the container has written

cutaway cat web /a --layer 1
`,
  );
  const { totals } = document;
  const nothing = { ...document, entries: [], totals: { ...totals, entries: 0 } };
  t.equal(formatRecover(nothing, view), 'web:1 · 3 layers · nothing was taken away\n');
  t.end();
});

t.test('bytes that nobody sees', (t) => {
  const paths = Array.from({ length: 23 }, (_, at) => ({
    path: `/p${at}`,
    wasted: 1000 - at,
    versions: 2,
    layers: [1, 2],
    ...(at === 0 ? {} : { visible: 2 }),
  }));
  const document: WasteDocument = {
    ...framed('waste'),
    totals: { size: 2000, visible: 1000, wasted: 1000, efficiency: 0.5, paths: 23 },
    dive: { efficiency: 0.99999, wastedBytes: 77, sizeBytes: 2000, userSizeBytes: 0 },
    rules: [
      { rule: 'lowestEfficiency', status: 'PASS', threshold: 0.9, actual: 0.99999 },
      { rule: 'highestWastedBytes', status: 'FAIL', threshold: 1000, actual: 1234567 },
      { rule: 'highestUserWastedPercent', status: 'SKIP' },
    ],
    layers: [
      { layer: 1, role: 'layer', size: 1500, wasted: 1000, command: LONG },
      { layer: 2, role: 'upper', size: 500, wasted: 0 },
    ],
    paths,
  };
  const tables = formatWaste(document, view);
  t.match(tables, /^web:1 · 1 kB of 2 kB in layers are not visible · efficiency 50\.00 %\n/);
  t.match(tables, "efficiency 99.99 %, wasted 77 B, of the user's bytes more than all");
  t.match(tables, /^upper +500 B +what the container has written$/m);
  t.match(tables, /^ +1 +1\.5 kB +1 kB +RUN apt-get/m);
  t.match(tables, /^ +1 kB +2 +1 upper gone +\/p0$/m);
  t.match(tables, /^ +999 B +2 +1 →upper +\/p1$/m);
  t.match(tables, '3 paths more of 2.94 kB: --no-trunc shows all');
  t.match(tables, /^PASS {2}lowestEfficiency +1, at least 0\.9$/m);
  t.match(tables, /^FAIL {2}highestWastedBytes +1,234,567 bytes, at most 1,000 bytes$/m);
  t.match(tables, /^SKIP {2}highestUserWastedPercent +infinite, not judged$/m);
  t.match(formatWaste(document, { ...view, noTrunc: true }), '/p22');
  t.end();
});
