import t from 'tap';
import { anyGlob, compileGlob } from '../../src/inspect/glob.js';
import { decodeName } from '../../src/oci/byte-name.js';

const CASES: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
  ['*.conf', '/etc/a.conf', true],
  ['*.conf', '/etc/a.conf.d', false],
  ['*.conf', '/a.conf', true],
  ['*.conf', '/etc/x.conf/beneath', true],
  ['etc', '/etc', true],
  ['etc', '/etc/passwd', true],
  ['etc', '/usr/etc/passwd', true],
  ['etc', '/etcetera', false],
  ['/etc', '/etc/passwd', true],
  ['/etc', '/usr/etc', false],
  ['/etc/', '/etc/passwd', true],
  ['usr/*/x', '/usr/lib/x', true],
  ['usr/*/x', '/usr/lib/deep/x', false],
  ['usr/**/x', '/usr/x', true],
  ['usr/**/x', '/usr/lib/deep/x', true],
  ['**/x', '/x', true],
  ['/usr/**', '/usr/lib', true],
  ['/usr/**', '/usr', false],
  ['/usr/a**b', '/usr/a/x/b', true],
  ['/', '/anything', true],
  ['?', '/a', true],
  ['?', '/\u{1f600}', true],
  ['?', '/ab', false],
  ['?', `/${decodeName(Buffer.from([0xff]))}`, true],
  ['a?b', '/a\nb', true],
  ['a*b', '/a\n\nb', true],
  ['[a-c]x', '/bx', true],
  ['[!a-c]x', '/bx', false],
  ['[!a-c]x', '/dx', true],
  ['[^a-c]x', '/dx', true],
  ['a[.]b', '/a.b', true],
  ['a[.]b', '/axb', false],
  ['[]]', '/]', true],
  ['a[/]b', '/a/b', false],
  ['{a,b*}.txt', '/b1.txt', true],
  ['{a,b*}.txt', '/c.txt', false],
  ['a,b', '/a,b', true],
  ['a}', '/a}', true],
  ['a\\*', '/a*', true],
  ['a\\*', '/ab', false],
  ['a.b', '/axb', false],
  ['(a|b)+', '/a', false],
  ['(a|b)+', '/(a|b)+', true],
  ['$x^', '/$x^', true],
];

for (const [pattern, path, matches] of CASES) {
  t.equal(compileGlob(pattern)(path), matches, `${pattern} ${JSON.stringify(path)}`);
}

t.test('several, and none', (t) => {
  t.equal(anyGlob([]), undefined);
  const matches = anyGlob(['/a', '*.b']);
  t.same(
    ['/a/x', '/y/z.b', '/c'].map((path) => matches?.(path)),
    [true, true, false],
  );
  t.end();
});

t.test('what is no pattern', (t) => {
  for (const pattern of ['', 'a{b', '[a', '[', 'a\\', '[z-a]']) {
    t.throws(() => compileGlob(pattern), { code: 'INVALID_INPUT' }, pattern);
  }
  t.end();
});
