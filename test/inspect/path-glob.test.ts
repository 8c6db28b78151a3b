import t from 'tap';
import { shellWord } from '../../src/inspect/command-line.js';
import { pathMatcher } from '../../src/inspect/path-glob.js';
import { execFileSync } from 'node:child_process';
import { encodeName } from '../../src/oci/byte-name.js';

t.test('what a pattern matches', (t) => {
  const cases: readonly (readonly [
    pattern: string,
    yes: readonly string[],
    no: readonly string[],
  ])[] = [
    ['/etc', ['/etc', '/etc/a', '/etc/a/b'], ['/etcetera', '/usr/etc']],
    ['/etc/', ['/etc/a'], ['/etc.d']],
    ['etc/*.pem', ['/etc/a.pem', '/etc/d.pem/x'], ['/etc/a/b.pem', '/usr/etc/a.pem', '/etc/apem']],
    ['*.pem', ['/a.pem', '/deep/in/b.pem'], ['/a.pem.txt']],
    ['id_?sa', ['/root/.ssh/id_rsa'], ['/id_ecdsa']],
    ['/**/secret', ['/secret', '/a/secret', '/a/b/secret/c'], ['/a/secrets']],
    ['/var/**.log', ['/var/a.log', '/var/x/y.log'], ['/var/log']],
    ['[ab-d]x', ['/ax', '/z/cx'], ['/ex']],
    ['[!a]x', ['/bx'], ['/ax']],
    ['a\\*b', ['/a*b'], ['/axb']],
    ['a+(b).$', ['/a+(b).$'], ['/aab.']],
    ['/', ['/', '/any/thing'], []],
  ];
  for (const [pattern, yes, no] of cases) {
    const matches = pathMatcher(pattern);
    for (const path of yes) t.ok(matches(path), `${pattern} matches ${path}`);
    for (const path of no) t.notOk(matches(path), `${pattern} does not match ${path}`);
  }
  t.throws(() => pathMatcher('a[b'), { code: 'INVALID_INPUT' });
  t.throws(() => pathMatcher(''), { code: 'INVALID_INPUT' });
  t.end();
});

t.test('words that a shell reads back', (t) => {
  const words = [
    '/etc/passwd',
    'a b',
    "it's",
    '$HOME',
    'x\ny',
    '/\udcff\udc80',
    '\u001b[31m',
    'ä`ls`',
    '\\',
  ];
  for (const word of words) {
    const output = execFileSync('bash', ['-c', `printf %s ${shellWord(word)}`]);
    t.same(output, encodeName(word), JSON.stringify(word));
    t.notMatch(
      shellWord(word),
      /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/,
      'and nothing in it is unsafe',
    );
  }
  t.end();
});
