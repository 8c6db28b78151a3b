// What the terminal gets of an image whose names are chosen by an adversary: our own sequences, and
// nothing of the image's. The bytes are those that a real pty got.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';

const NAMES = [
  'sgr-\u001b[31mred',
  'osc8-\u001b]8;;http://evil\u0007link',
  'osc52-\u001b]52;c;ZXZpbA==\u0007',
  'csi6n-\u001b[6n',
  'c1-\u009b31m-\u0085',
  'bidi-\u202egpj.exe\u2066',
  'zero\u200bwidth\ufeff',
  'new\nline\rreturn\ttab',
  '{red-fg}tags{bold}',
  'wide-日本語-é-😀',
  `long-${'x'.repeat(240)}`,
];

/** The sequences that the explorer has: place, erase, SGR, modes, and the clipboard that we ask for. */
const OURS = /\u001b\[(?:\d+;\d+H|\d+(?:;\d+)*m|2[JK]|\?(?:1049|25|1000|1002|1006)[hl])/g;
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/;

/** All that the terminal got. */
function play({ directory, argv, dataRoot }: Cutaway, target: string, script: string): string {
  writeFileSync(`${directory}/keys`, script);
  const words = [...argv, 'tui', '--script', `${directory}/keys`, target];
  const line = `env CUTAWAY_DATA_ROOT=${dataRoot} ${words.join(' ')}`;
  const command = `stty cols 100 rows 40; ${line}; echo status $?`;
  const log = `${directory}/typescript`;
  spawnSync('script', ['-qec', command, log], {
    env: { ...process.env, TERM: 'xterm-256color' },
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 60_000,
  });
  return readFileSync(log, 'utf8')
    .replace(/^Script started.*\n/, '')
    .replace(/\nScript done.*\n$/, '\n');
}

t.test('names, texts and history', { skip: cannotRun('script') }, (t) => {
  const cutaway = makeCutaway(t);
  const layer = buildLayer([
    ...NAMES.map((path) => ({ path, content: `${path}\n{red-fg}\u001b[2J\u009b31m\u202e\n` })),
    { path: 'link', linkTarget: '\u001b[31mtarget' },
    { path: 'xattr', content: '', xattrs: { 'user.\u001b[31m': 'x' } },
    { path: `deep/${'d'.repeat(200)}/${'e'.repeat(200)}/`.repeat(10).slice(0, 4000), content: '' },
  ]);
  const tar = buildDockerArchive([{ layers: [layer], tags: ['hostile:1'] }]);
  writeFileSync(`${cutaway.directory}/image.tar`, tar);
  const walk = NAMES.map(() => 'key Down\npause 40\n').join('');
  const script = `wait Layers\nkey Tab\n${walk}key + s Home\nkey Enter\nwait text\nkey x\nkey b\nkey Esc\nkey J\nkey Esc\nkey y\npause 100\nkey Home Down Enter\npause 200\nkey Esc\nkey /\ntype red\nkey Enter\npause 100\n`;
  const shown = play(cutaway, `${cutaway.directory}/image.tar`, script);
  t.match(shown, /status 0/);
  for (const wanted of [
    '\\x1b[31mred',
    '\\x9b31m',
    '\\u202egpj',
    'zero\\u200bwidth',
    '{red-fg}tags{bold}',
    'new\\nline\\rreturn\\ttab',
  ]) {
    t.ok(shown.includes(wanted), `shows ${wanted}`);
  }
  const copied = [...shown.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/g)].map(([, text = '']) =>
    Buffer.from(text, 'base64').toString(),
  );
  t.equal(copied.length, 1, 'the clipboard is set when we are asked to');
  t.notMatch(
    copied[0] ?? '',
    /[\u0000-\u001f\u007f-\u009f]/,
    'what is copied does nothing when pasted',
  );
  onlyOurs(t, shown);
  t.end();
});

/** What is left without our own sequences is text. */
function onlyOurs(t: Test, shown: string): void {
  const rest = shown
    .replace(/\u001b\]52;c;[A-Za-z0-9+/=]*\u0007/g, '')
    .replace(OURS, '')
    .replace(/\r\n/g, '')
    .trimEnd();
  const wrong = UNSAFE.exec(rest);
  t.equal(
    wrong,
    null,
    wrong === null
      ? 'nothing else'
      : JSON.stringify(rest.slice(wrong.index - 40, wrong.index + 40)),
  );
}

const EVIL = '\u001b[31m\u001b]52;c;ZXZpbA==\u0007\u009b31m\u202e\u200b{red-fg}\r\nx';

t.test(
  'labels, environment and log of a container',
  { skip: cannotRun('script', 'runc', 'busybox') },
  async (t) => {
    const cutaway = makeCutaway(t);
    const options = ['-d', '--name', 'evil', '-e', `EVIL=${EVIL}`, '-l', `label-${EVIL}=${EVIL}`];
    const print = `printf "said %s\\n" "$EVIL"; touch "/$EVIL"; sleep 1000`;
    await cutaway.text('run', ...options, 'busybox', 'sh', '-c', print);
    const script = `wait Changes
key End 2 3 4
wait said
key 5
wait env
key J
pause 300
key Esc c 1 d
pause 100
key Esc
wait Containers
pause 2200
key /
type label-
key Enter p
wait sleep
key Esc Esc
`;
    const shown = play(cutaway, 'evil', script);
    t.match(shown, /status 0/);
    for (const wanted of [
      'EVIL=\\x1b[31m\\x1b]52;c;ZXZpbA==\\x07\\x9b31m\\u202e\\u200b{red-fg}\\r\\nx',
      'label-\\x1b[31m',
      'said \\x1b[31m',
      'A /\\x1b[31m',
    ]) {
      t.ok(shown.includes(wanted), `shows ${wanted}`);
    }
    const copied = [...shown.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/g)];
    t.equal(copied.length, 1, 'the clipboard is set when we are asked to');
    onlyOurs(t, shown);
  },
);
