// What the terminal gets of an image whose names are chosen by an adversary: our own sequences, and
// nothing of the image's. The bytes are those that a real pty got.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, makeCutaway } from '../support/cli.js';

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

function play(directory: string, argv: readonly string[], script: string): string {
  writeFileSync(`${directory}/keys`, script);
  const line = [...argv, 'tui', '--script', `${directory}/keys`, `${directory}/image.tar`].join(
    ' ',
  );
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
  const shown = play(cutaway.directory, cutaway.argv, script);
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
  t.end();
});
