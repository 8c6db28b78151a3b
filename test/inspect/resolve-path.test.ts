// Links inside of a stack, also those that lead in circles or out of it.
import t from 'tap';
import { recordedHost } from '../../src/host/recorded-host.js';
import { findContent, placeOf } from '../../src/inspect/content.js';
import { pickLayer, whoHas } from '../../src/inspect/pick-layer.js';
import { resolvePath, stackUpTo } from '../../src/inspect/resolve-path.js';
import { mergeStack, type Stack, type StackLayer } from '../../src/inspect/stack.js';
import { directory, layer, ordinary, whiteout } from '../overlay/entries.js';

const link = (path: string, linkTarget: string) => ordinary(path, { type: 'symlink', linkTarget });

const host = recordedHost({});
const source = { kind: 'directory', directory: '/nowhere', host } as const;
const stack: Stack = {
  layers: [
    {
      role: 'layer',
      source,
      index: layer(
        directory('/usr/bin'),
        ordinary('/usr/bin/sh'),
        link('/bin', 'usr/bin'),
        link('/abs', '/usr'),
        link('/usr/up', '../../../../usr/bin/sh'),
        link('/a', 'b'),
        link('/b', 'a'),
        link('/self', 'self/x'),
        link('/out', '../../../../../../etc/passwd'),
        ordinary('/etc/one'),
      ),
    },
    { role: 'layer', source, index: layer(whiteout('/etc/one'), link('/etc/two', '/bin/sh')) },
    { role: 'upper', source, index: layer(ordinary('/etc/one', { size: 1 })) },
  ] satisfies StackLayer[],
  problems: [],
};

const CASES: readonly (readonly [path: string, followed: string, last?: string])[] = [
  ['/usr/bin/sh', '/usr/bin/sh'],
  ['/bin/sh', '/usr/bin/sh'],
  ['/bin', '/usr/bin', '/bin'],
  ['/abs/bin/sh', '/usr/bin/sh'],
  ['/abs/../bin/sh', '/usr/bin/sh'],
  ['/usr/up', '/usr/bin/sh', '/usr/up'],
  ['/etc/two', '/usr/bin/sh', '/etc/two'],
  ['/out', '/etc/passwd', '/out'],
  ['/nothing/here', '/nothing/here'],
  ['/', '/'],
];

for (const [path, followed, last = followed] of CASES) {
  t.equal(resolvePath(stack, path, { followLast: true }), followed, path);
  t.equal(resolvePath(stack, path, { followLast: false }), last, `${path}, its last name not`);
}

t.test('circles', (t) => {
  for (const path of ['/a', '/self', '/a/x']) {
    t.throws(() => resolvePath(stack, path, { followLast: true }), { code: 'INVALID_INPUT' }, path);
  }
  t.end();
});

t.test('which layer', (t) => {
  t.equal(pickLayer(stack, '2'), 2);
  t.equal(pickLayer(stack, 'upper'), 3);
  for (const text of ['0', '4']) t.throws(() => pickLayer(stack, text), { code: 'NOT_FOUND' });
  for (const text of ['init', '-1', 'x', '']) {
    t.throws(() => pickLayer(stack, text), { code: 'INVALID_INPUT' }, text);
  }
  t.equal(whoHas(stack, '/etc/one'), 'layer 1 and the upper layer have it; deleted by layer 2');
  t.equal(whoHas(stack, '/usr/bin/sh'), 'layer 1 has it');
  t.equal(whoHas(stack, '/none'), undefined);
  t.equal(stackUpTo(stack, 1).layers.length, 1);
  t.end();
});

t.test('where the content is', (t) => {
  const metacopy = ordinary('/f', { mode: 0o600, metacopy: true });
  const layers: StackLayer[] = [
    { role: 'layer', source, index: layer(ordinary('/f', { size: 4, sha256: 'a'.repeat(64) })) },
    { role: 'upper', source, index: layer(metacopy) },
  ];
  const found = findContent({ layers, problems: [] }, mergeStack({ layers, problems: [] }), 1);
  t.match(found, { layer: 1, entry: { path: '/f', size: 4, sha256: 'a'.repeat(64) } });
  t.throws(() => placeOf(layers[1], { layer: 2, entry: metacopy }), { code: 'NOT_FOUND' });
  t.throws(() => placeOf(undefined, { layer: 9, entry: metacopy }), { code: 'UNSUPPORTED' });
  t.end();
});
