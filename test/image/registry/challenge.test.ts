import t from 'tap';
import { parseChallenges } from '../../../src/image/registry/challenge.js';

const plain = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);

t.test('what registries send', (t) => {
  t.same(
    plain(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    ),
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      ],
    ],
  );
  t.same(plain('Basic realm="Registry"'), [['basic', { realm: 'Registry' }]]);
  t.same(plain('Basic realm="a", Bearer realm="b",error="invalid_token"'), [
    ['basic', { realm: 'a' }],
    ['bearer', { realm: 'b', error: 'invalid_token' }],
  ]);
  t.same(plain('BEARER Realm = "x" , Service=y'), [['bearer', { realm: 'x', service: 'y' }]]);
  t.same(plain('Basic realm="a \\"quoted\\" \\\\ word, with a comma"'), [
    ['basic', { realm: 'a "quoted" \\ word, with a comma' }],
  ]);
  t.same(plain('Negotiate, Basic realm=x'), [
    ['negotiate', {}],
    ['basic', { realm: 'x' }],
  ]);
  t.end();
});

t.test('what makes no sense ends the reading', (t) => {
  t.same(plain(''), []);
  t.same(plain('realm="x"'), []);
  t.same(plain('"x" Basic'), []);
  t.same(plain('Basic realm="open'), [['basic', {}]]);
  t.same(plain('Bearer __proto__="x"')[0]?.[0], 'bearer');
  t.equal(({} as Record<string, unknown>)['x'], undefined);
  // Without an end to backtracking, these would not come back.
  t.equal(parseChallenges(`Bearer ${'a=b,'.repeat(200_000)}`).length, 1);
  t.equal(parseChallenges(`Bearer a="${'\\'.repeat(200_001)}`).length, 1);
  t.end();
});
