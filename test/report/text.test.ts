import t from 'tap';
import { safeName, safeText } from '../../src/report/text.js';

/** One of each class of what drives a terminal, hides, or turns text around. */
const CLASSES: Readonly<Record<string, readonly number[]>> = {
  'C0 and DEL': [0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f],
  'C1: CSI, OSC, DCS in one character': [0x80, 0x85, 0x90, 0x9b, 0x9c, 0x9d, 0x9f],
  'soft hyphen': [0xad],
  'bidi marks, embeddings, overrides, isolates': [
    0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
  ],
  'zero width': [0x200b, 0x200c, 0x200d, 0x2060, 0x180e, 0xfeff],
  'line and paragraph separators': [0x2028, 0x2029],
  'deprecated format characters': [0x206a, 0x206f],
  'letters that show nothing': [0x115f, 0x1160, 0x3164, 0xffa0],
  'variation selectors': [0xfe00, 0xfe0f],
  'interlinear annotation': [0xfff9, 0xfffb],
  'tag characters': [0xe0001, 0xe0020, 0xe007f],
};

t.test('what is not safe is written out', (t) => {
  for (const [name, points] of Object.entries(CLASSES)) {
    for (const point of points) {
      const hex = point.toString(16);
      const safe = safeText(`a${String.fromCodePoint(point)}b`);
      t.match(safe, /^a\\(x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\})b$/, `${name}: U+${hex}`);
      t.ok(safe.replace(/[{}]/g, '').endsWith(`${hex}b`), `${name}: U+${hex} can be read back`);
    }
  }
  t.end();
});

t.test('every control character, also those that nobody listed', (t) => {
  for (let point = 0; point < 0x10000; point += 1) {
    const character = String.fromCharCode(point);
    if (!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character)) continue;
    // Arabic, Kaithi and other scripts have signs of their own in Cf, which are seen.
    if (/[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]/.test(character)) continue;
    if (safeText(character) === character) t.fail(`U+${point.toString(16)} comes through`);
  }
  t.pass('none comes through');
  t.end();
});

t.test('how it is written', (t) => {
  const cases: [string, string][] = [
    ['two\nlines\r\n\tand a tab', 'two\\nlines\\r\\n\\tand a tab'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['\u009b31m', '\\x9b31m'],
    ['gpj.\u202egnp', 'gpj.\\u202egnp'],
    ['\udcff\udc80', '\\xff\\x80'],
    ['\ud800x', '\\ud800x'],
    ['x\udfff', 'x\\udfff'],
    ['\u{e0041}', '\\u{e0041}'],
    ['grün 日本 🐳 é', 'grün 日本 🐳 é'],
    ['', ''],
  ];
  for (const [text, expected] of cases) t.equal(safeText(text), expected);
  t.end();
});

t.test('no two names look the same', (t) => {
  t.equal(safeName('a\\x1b'), 'a\\\\x1b');
  t.equal(safeName('a\u001b'), 'a\\x1b');
  t.equal(safeName('\\'), '\\\\');
  t.equal(safeName('plain-name_1.txt'), 'plain-name_1.txt');
  t.end();
});
