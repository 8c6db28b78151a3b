import t from 'tap';
import type { OverlayDocument } from '../../src/inspect/documents/overlay.js';
import { formatOverlay } from '../../src/report/overlay-drawing.js';
import { makeTheme } from '../../src/report/theme.js';

const view = { theme: makeTheme(false), width: 100, noTrunc: false, now: 0 };
const hex = (digit: string) => digit.repeat(64);
const digest = (digit: string) => `sha256:${hex(digit)}`;

function lower(index: number, digit: string, command: string): OverlayDocument['lower'][number] {
  const ids = { digest: digest(digit), diffID: digest(digit), chainID: digest(digit) };
  return {
    position: 4 - index,
    role: 'layer',
    directory: `/r/overlay/${digit}/diff`,
    link: `/r/overlay/l/${digit.toUpperCase().repeat(26)}`,
    layer: { index, ...ids, command },
    entries: 1234 * index,
    contentSize: 10 ** (3 * index),
  };
}

const running: OverlayDocument = {
  schema: 'cutaway/overlay/v1',
  tool: { name: 'cutaway', version: '0' },
  subject: {
    kind: 'container',
    engine: 'cutaway',
    target: 'cutaway:web',
    id: hex('c'),
    name: 'web',
    image: 'busybox:latest',
    state: 'running',
    pid: 2071,
  },
  mounted: true,
  merged: '/r/overlay/c/merged',
  upper: {
    directory: '/r/overlay/c/diff',
    added: 3441,
    changed: 24,
    deleted: 3,
    contentSize: 107_000_000,
  },
  work: '/r/overlay/c/work',
  lower: [
    {
      position: 1,
      role: 'init',
      directory: '/r/overlay/b-init/diff',
      link: '/r/overlay/l/INITINITINIT',
    },
    lower(
      2,
      'b',
      'RUN apt-get install a very long list of packages that nobody wants to read whole',
    ),
    { position: 3, role: 'unknown', directory: '/elsewhere\u001b' },
    lower(1, 'a', 'ADD rootfs'),
  ],
  mountLine:
    '64 27 0:50 / /r/overlay/c/merged rw - overlay overlay rw,lowerdir=/r/l/A:/r/l/B,upperdir=/r/u,workdir=/r/w',
  features: [{ name: 'rw' }, { name: 'index', value: 'off' }],
  problems: [],
  collected: { at: '2026-11-21T12:00:00Z', host: 'h', kernel: 'k' },
};

t.test('a running container', (t) => {
  const rule = '─'.repeat(96);
  t.equal(
    formatOverlay(running, view),
    `web · cccccccccccc · busybox:latest · running, pid 2071

  merged   /r/overlay/c/merged   what it sees
  ┌${rule}
  │ upper    /r/overlay/c/diff
  │          A 3,441  C 24  D 3  +107 MB   what it has changed
  ├${rule}
  │ init     l/INITINIT…                             mount points for the runtime
  │          /r/overlay/b-init/diff
  │ lower 2  l/BBBBBBBB…  bbbbbbbbbbbb  1 MB  2,468  RUN apt-get install a very long list of packag…
  │          /r/overlay/b/diff
  │ unknown                                          no layer of the image
  │          /elsewhere\\x1b
  │ lower 1  l/AAAAAAAA…  aaaaaaaaaaaa  1 kB  1,234  ADD rootfs
  │          /r/overlay/a/diff
  └${rule}
  work     /r/overlay/c/work
  options  rw index=off

  /proc/self/mountinfo
  64 27 0:50 / /r/overlay/c/merged rw - overlay overlay rw,
    lowerdir=/r/l/A:/r/l/B,
    upperdir=/r/u,
    workdir=/r/w
`,
  );
  t.end();
});

t.test('whole, and wide', (t) => {
  const text = formatOverlay(running, { ...view, width: Infinity, noTrunc: true });
  t.ok(text.includes(running.mountLine ?? '?'), 'the line of the kernel in one line');
  t.ok(text.includes(digest('b')) && text.includes('B'.repeat(26)) && text.includes('read whole'));
  t.end();
});

t.test('an image', (t) => {
  const image: OverlayDocument = {
    schema: running.schema,
    tool: running.tool,
    problems: [],
    collected: running.collected,
    subject: { kind: 'image', engine: 'cutaway', target: 'cutaway:x:1' },
    mounted: false,
    lower: [lower(1, 'a', 'ADD rootfs')],
    features: [],
  };
  t.equal(
    formatOverlay(image, { ...view, width: 40 }),
    `cutaway:x:1

  ┌────────────────────────────────────
  │ lower 1  l/AAAAAAAA…  aaaaaaaaaaaa  1 kB  1,234  ADD rootfs
  │          /r/overlay/a/diff
  └────────────────────────────────────
`,
  );
  t.end();
});

t.test('each part has its colour', (t) => {
  const text = formatOverlay(running, { ...view, theme: makeTheme(true) });
  t.match(
    text,
    /\u001b\[32mA 3,441\u001b\[39m {2}\u001b\[33mC 24\u001b\[39m {2}\u001b\[31mD 3\u001b/,
  );
  t.match(text, /\u001b\[91mno layer of the image/, 'a finding is seen');
  t.equal(
    text.replace(/\u001b\[\d+m/g, ''),
    formatOverlay(running, view),
    'nothing is lost without',
  );
  t.end();
});
