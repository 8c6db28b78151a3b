import t from 'tap';
import type { EngineImage } from '../../src/engines/engine.js';
import { imageFilter, referenceTest } from '../../src/inspect/image-filter.js';
import type { Digest } from '../../src/oci/digest.js';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;

function image(
  digit: string,
  references: readonly string[],
  more: Partial<EngineImage> = {},
): EngineImage {
  const id = digest(digit);
  return {
    ...{ engine: 'cutaway', id, references, digest: id, platform: 'linux/amd64', layers: [] },
    ...more,
  };
}

const IMAGES = [
  image('a', ['busybox:1', 'busybox:latest'], { createdAt: '2024-01-01T00:00:00Z' }),
  image('b', ['reg.test:5000/team/web:2'], {
    createdAt: '2024-02-01T00:00:00.5Z',
    labels: { stage: 'test', empty: '', 'a=b': 'c' },
  }),
  image('c', [], { createdAt: '2024-03-01T00:00:00+01:00', labels: { stage: 'live' } }),
  image('d', [`web@${digest('d')}`]),
];

/** The first digits of those that are let through. */
function through(...filters: readonly string[]): string {
  const test = imageFilter(filters, IMAGES);
  return IMAGES.filter(test)
    .map(({ id }) => id.charAt(7))
    .join('');
}

t.test('each filter', (t) => {
  const cases: readonly (readonly [filters: readonly string[], expected: string])[] = [
    [[], 'abcd'],
    [['reference=busybox'], 'a'],
    [['reference=busybox:1'], 'a'],
    [['reference=busybox:2'], ''],
    [['reference=busy*'], 'a'],
    [['reference=*:latest'], 'a'],
    [['reference=*'], 'ad'],
    [['reference=reg.test:5000/*/*'], 'b'],
    [['reference=reg.test:5000/*'], ''],
    [['reference=reg.test:5000/**'], ''],
    [['reference=web'], 'd'],
    [['label=stage'], 'bc'],
    [['label=stage=live'], 'c'],
    [['label=empty='], 'b'],
    [['label=empty'], 'b'],
    [['label=nothing'], ''],
    [['label=toString'], ''],
    [['dangling=true'], 'c'],
    [['dangling=1'], 'c'],
    [['dangling=false'], 'abd'],
    // One without a time was made before all others.
    [['before=reg.test:5000/team/web:2'], 'ad'],
    [['since=busybox'], 'bc'],
    [[`since=${digest('b')}`], 'c'],
    [['since=bbbb'], 'c'],
    [['before=busybox'], 'd'],
  ];
  for (const [filters, expected] of cases) t.equal(through(...filters), expected, filters.join());
  t.end();
});

t.test('several: all kinds, of each kind one, but all labels', (t) => {
  t.equal(through('reference=busybox', 'reference=web'), 'ad');
  t.equal(through('label=stage', 'dangling=true'), 'c');
  t.equal(through('label=stage', 'label=empty'), 'b');
  t.equal(through('label=stage=live', 'label=stage=test'), '');
  t.equal(through('since=busybox', 'before=cccc'), 'b');
  t.end();
});

t.test('what is no filter', (t) => {
  const refused = (filter: string, known?: readonly string[]) => {
    try {
      imageFilter([filter], IMAGES, known);
    } catch (error) {
      return error as Error & { hint?: string };
    }
    return undefined;
  };
  t.match(refused('dangling'), { message: '--filter is NAME=VALUE, not "dangling"' });
  t.match(refused('=x'), { message: '--filter is NAME=VALUE, not "=x"' });
  t.match(refused('dangling=maybe'), { message: 'dangling is true or false, not "maybe"' });
  t.match(refused('before=nope'), { message: 'no such image: nope' });
  t.match(refused('since=bbb'), { message: 'no such image: bbb' }, 'three digits are no id');
  t.match(refused('toString=x'), { message: 'unknown filter "toString"' });
  t.match(refused('since=busybox', ['label', 'dangling']), {
    message: 'unknown filter "since"',
    hint: 'there are label, dangling',
  });
  t.end();
});

t.test('patterns of names', (t) => {
  const matches = (pattern: string, name: string) => referenceTest(pattern)(image('a', [name]));
  t.ok(matches('web', 'web:1'));
  t.ok(matches('web:?', 'web:1'));
  t.notOk(matches('web:?', 'web:10'));
  t.notOk(matches('web', 'team/web:1'), 'a name is not the end of another');
  t.notOk(matches('team', 'team/web:1'), 'nor its beginning');
  t.ok(matches('localhost:5000/web', 'localhost:5000/web:1'), 'a port is no tag');
  t.end();
});
