import t from 'tap';
import { bestKey, dockerKey, keyRank } from '../../../src/image/registry/credential-key.js';

const HUB = 'https://index.docker.io/v1/';

t.test('a key stands for a registry, whatever form it is written in', (t) => {
  const yes: readonly (readonly [string, string])[] = [
    [HUB, 'docker.io'],
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['http://index.docker.io/v1', 'docker.io'],
    ['localhost:5000', 'localhost:5000'],
    ['https://localhost:5000', 'localhost:5000'],
    ['http://localhost:5000/', 'localhost:5000'],
    ['https://quay.io/v2/', 'quay.io'],
    ['quay.io/v1/', 'quay.io'],
    // Docker takes the host of a URL, whatever stands behind it.
    ['https://quay.io/some/path', 'quay.io'],
    ['Registry.Example', 'registry.example'],
  ];
  for (const [key, registry] of yes)
    t.type(keyRank(key, { registry }), 'number', `${key} ${registry}`);
  const no: readonly (readonly [string, string])[] = [
    ['localhost', 'localhost:5000'],
    ['localhost:5000', 'localhost'],
    ['evil-quay.io', 'quay.io'],
    ['quay.io.evil', 'quay.io'],
    ['quay.io@evil', 'quay.io'],
    ['evil/quay.io', 'quay.io'],
    ['ftp://quay.io', 'quay.io'],
    ['quay.io/team', 'quay.io'],
    ['', 'quay.io'],
    ['__proto__', 'quay.io'],
  ];
  for (const [key, registry] of no)
    t.equal(keyRank(key, { registry }), undefined, `${key} ${registry}`);
  t.end();
});

t.test('the key that says most of the repository wins, in whole components', (t) => {
  const keys = ['quay.io', 'quay.io/team', 'quay.io/team/web', 'quay.io/tea', 'https://quay.io'];
  const best = (repository: string) => bestKey(keys, { registry: 'quay.io', repository });
  t.equal(best('team/web'), 'quay.io/team/web');
  t.equal(best('team/web/deep'), 'quay.io/team/web');
  t.equal(best('team/website'), 'quay.io/team');
  t.equal(best('teams'), 'quay.io');
  t.equal(best('tea'), 'quay.io/tea');
  t.equal(bestKey(keys, { registry: 'quay.io' }), 'quay.io', 'for all of the registry');
  t.equal(bestKey(['quay.io/team'], { registry: 'quay.io', repository: 'other' }), undefined);
  t.equal(bestKey(['http://a', 'a'], { registry: 'a' }), 'a', 'the exact one before a URL');
  t.equal(dockerKey('docker.io'), HUB);
  t.equal(dockerKey('quay.io'), 'quay.io');
  t.end();
});
