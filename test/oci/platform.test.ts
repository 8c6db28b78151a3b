import t from 'tap';
import { parseJson } from '../../src/oci/json-reader.js';
import {
  formatPlatform,
  hostPlatform,
  matchPlatform,
  normalizePlatform,
  parsePlatform,
  readPlatform,
  variantLevel,
} from '../../src/oci/platform.js';

// Facts: the normal forms of containerd's platforms package.
t.test('many ways to write one platform', (t) => {
  const rows: [text: string, normal: string][] = [
    ['linux/amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/x86-64', 'linux/amd64'],
    ['LINUX/AMD64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/i386', 'linux/386'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm64/v8.0', 'linux/arm64'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/arm64/9', 'linux/arm64/v9'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/s390x', 'linux/s390x'],
    ['linux/ppc64le', 'linux/ppc64le'],
    ['linux/riscv64', 'linux/riscv64'],
    ['macos/arm64', 'darwin/arm64'],
    ['windows/amd64', 'windows/amd64'],
    ['amd64', 'linux/amd64'],
    ['aarch64', 'linux/arm64'],
    ['armel', 'linux/arm/v6'],
    ['unknown/unknown', 'unknown/unknown'],
  ];
  for (const [text, normal] of rows) {
    t.equal(formatPlatform(parsePlatform(text)), normal, text);
    t.equal(formatPlatform(parsePlatform(normal)), normal, `${normal} stays`);
  }
  t.end();
});

t.test('what is no platform', (t) => {
  for (const text of [
    '',
    '/',
    'linux',
    'Windows',
    'linux/',
    '/amd64',
    'linux//v8',
    'a/b/c/d',
    'linux/a b',
  ]) {
    t.throws(() => parsePlatform(text), { code: 'INVALID_INPUT', hint: /linux\/arm64/ }, text);
  }
  t.throws(() => parsePlatform('linux'), { message: 'parse platform "linux": no architecture' });
  t.end();
});

t.test('what runs where', (t) => {
  const rows: [wanted: string, offered: string, matches: boolean][] = [
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/x86_64', true],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/amd64', 'linux/amd64/v2', false],
    ['linux/amd64/v3', 'linux/amd64', true],
    ['linux/amd64/v3', 'linux/amd64/v2', true],
    ['linux/amd64/v3', 'linux/amd64/v4', false],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64', 'linux/arm64/v9', false],
    ['linux/arm64/v9', 'linux/arm64', true],
    ['linux/arm64/v8.2', 'linux/arm64/v8.1', true],
    ['linux/arm64', 'linux/arm/v7', false],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v7', 'linux/arm/v6', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/riscv64', 'linux/riscv64', true],
    ['linux/mips64/softfloat', 'linux/mips64', false],
    ['linux/amd64', 'unknown/unknown', false],
  ];
  for (const [wanted, offered, matches] of rows) {
    const verdict = matchPlatform(parsePlatform(wanted), parsePlatform(offered));
    t.equal(verdict, matches, `${offered} on ${wanted}`);
  }
  t.end();
});

t.test('versions of Windows', (t) => {
  const windows = (version?: string) => ({
    os: 'windows',
    architecture: 'amd64',
    ...(version === undefined ? {} : { 'os.version': version }),
  });
  t.equal(matchPlatform(windows(), windows('10.0.17763.1')), true);
  t.equal(matchPlatform(windows('10.0.17763.1'), windows('10.0.17763.1')), true);
  t.equal(matchPlatform(windows('10.0.17763.1'), windows('10.0.20348.1')), false);
  t.equal(matchPlatform(windows('10.0.17763.1'), windows()), false);
  t.end();
});

t.test('a platform keeps its other fields', (t) => {
  const full = {
    os: 'Windows',
    architecture: 'x86_64',
    'os.version': '10.0',
    'os.features': ['win32k'],
  };
  t.strictSame(normalizePlatform(full), {
    os: 'windows',
    architecture: 'amd64',
    'os.version': '10.0',
    'os.features': ['win32k'],
  });
  t.equal(formatPlatform({ os: '', architecture: '' }), 'unknown/unknown');
  t.end();
});

t.test('the host by its Node name', (t) => {
  const rows: [node: string, platform: string][] = [
    ['x64', 'linux/amd64'],
    ['ia32', 'linux/386'],
    ['arm64', 'linux/arm64'],
    ['arm', 'linux/arm/v7'],
    ['ppc64', 'linux/ppc64le'],
    ['s390x', 'linux/s390x'],
    ['riscv64', 'linux/riscv64'],
    ['loong64', 'linux/loong64'],
    ['mipsel', 'linux/mipsle'],
  ];
  for (const [node, platform] of rows) t.equal(formatPlatform(hostPlatform(node)), platform, node);
  t.end();
});

t.test('variants have an order', (t) => {
  const levels = [
    'linux/arm/v5',
    'linux/arm/v6',
    'linux/arm',
    'linux/arm64',
    'linux/arm64/v8.1',
    'linux/arm64/v9',
  ];
  const values = levels.map((text) => variantLevel(parsePlatform(text)) ?? -1);
  t.same(
    values,
    [...values].sort((a, b) => a - b),
  );
  t.equal(new Set(values).size, levels.length);
  t.equal(variantLevel(parsePlatform('linux/riscv64')), undefined);
  t.end();
});

t.test('reading one from a document', (t) => {
  const read = (text: string) => readPlatform(parseJson(Buffer.from(text), 'index'));
  t.strictSame(read('{"os":"linux","architecture":"arm","variant":"v7","extra":1}'), {
    os: 'linux',
    architecture: 'arm',
    variant: 'v7',
  });
  t.strictSame(read('{}'), { os: '', architecture: '' });
  t.throws(() => read('{"os":["linux"]}'), {
    message: 'parse index: $.os: not a string: an array',
  });
  t.end();
});
