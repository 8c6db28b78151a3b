import t from 'tap';
import { JsonReader, parseJson, present } from '../../src/oci/json-reader.js';

const read = (text: string) => parseJson(Buffer.from(text), 'thing');

t.test('every complaint names the place', (t) => {
  const document = read('{"a":{"b":[1,"x",null]},"n":1.5,"os.version":7,"":0,"o\\"k":true}');
  const rows: [attempt: () => unknown, message: string, path: string][] = [
    [() => document.get('z').string(), 'parse thing: $.z: missing', '$.z'],
    [() => document.get('a').string(), 'parse thing: $.a: not a string: an object', '$.a'],
    [
      () => document.get('a').get('b').object(),
      'parse thing: $.a.b: not an object: an array',
      '$.a.b',
    ],
    [() => document.get('a').items(), 'parse thing: $.a: not an array: an object', '$.a'],
    [
      () => document.get('a').get('b').strings(),
      'parse thing: $.a.b[0]: not a string: 1',
      '$.a.b[0]',
    ],
    [
      () => document.get('a').get('b').items()[1]?.integer(),
      'parse thing: $.a.b[1]: not an integer: "x"',
      '$.a.b[1]',
    ],
    [
      () => document.get('a').get('b').items()[2]?.boolean(),
      'parse thing: $.a.b[2]: not a boolean: null',
      '$.a.b[2]',
    ],
    [() => document.get('n').integer(), 'parse thing: $.n: not an integer: 1.5', '$.n'],
    [
      () => document.get('os.version').string(),
      'parse thing: $["os.version"]: not a string: 7',
      '$["os.version"]',
    ],
    [() => document.get('').string(), 'parse thing: $[""]: not a string: 0', '$[""]'],
    [
      () => document.get('o"k').string(),
      'parse thing: $["o\\"k"]: not a string: true',
      '$["o\\"k"]',
    ],
    [() => document.get('n').get('x'), 'parse thing: $.n: not an object: 1.5', '$.n'],
    [() => document.get('n').digest(), 'parse thing: $.n: not a string: 1.5', '$.n'],
  ];
  for (const [attempt, message, path] of rows) {
    t.throws(attempt, { code: 'CORRUPT', message, data: { path } }, message);
  }
  t.end();
});

t.test('integers a double cannot hold are refused, not rounded', (t) => {
  t.equal(read('9007199254740991').integer(), Number.MAX_SAFE_INTEGER);
  t.throws(() => read('9007199254740993').integer(), { code: 'CORRUPT' });
  t.throws(() => read('1e400').integer(), { code: 'CORRUPT' });
  t.throws(() => read('-1').integer(0), { message: 'parse thing: $: not an integer from 0: -1' });
  t.equal(read('-1').integer(), -1);
  t.end();
});

t.test('absent and null are the same where a value may be missing', (t) => {
  const document = read('{"null":null,"empty":[],"text":"x"}');
  for (const key of ['null', 'absent']) {
    t.equal(document.get(key).isPresent, false);
    t.equal(document.get(key).optionalString(), undefined);
    t.same(
      document.get(key).list((item) => item.string()),
      [],
    );
  }
  t.equal(document.get('text').optionalString(), 'x');
  t.throws(() => document.get('empty').optionalString(), { code: 'CORRUPT' });
  t.end();
});

t.test('keys of every object are keys like any other', (t) => {
  const document = read('{"__proto__":"p","constructor":"c","m":{"__proto__":"evil","a":"b"}}');
  t.equal(document.get('__proto__').string(), 'p');
  t.equal(document.get('constructor').string(), 'c');
  t.equal(document.get('m').get('toString').isPresent, false);
  const map = document.get('m').stringMap();
  t.same(Object.keys(map), ['__proto__', 'a']);
  t.equal(map['__proto__'], 'evil');
  t.equal(map['constructor'], undefined);
  t.equal(JSON.stringify(map), '{"__proto__":"evil","a":"b"}');
  t.equal(({} as Record<string, unknown>)['evil'], undefined);
  const setter = read('{"m":{"__proto__":{"polluted":"yes"}}}');
  t.throws(() => setter.get('m').stringMap(), { message: /\$\.m\.__proto__: not a string/ });
  t.equal(({} as Record<string, unknown>)['polluted'], undefined);
  t.end();
});

t.test('what is not JSON', (t) => {
  const rows: [bytes: Buffer, message: RegExp][] = [
    [Buffer.alloc(0), /^parse thing: not JSON: empty$/],
    [Buffer.from(' \n'), /^parse thing: not JSON: empty$/],
    [Buffer.from('{"a":'), /^parse thing: not JSON: it starts with "{\\"a\\":"$/],
    [Buffer.from('<html>'), /it starts with "<html>"$/],
    [Buffer.from('{"a":1}x'), /^parse thing: not JSON/],
    [Buffer.alloc(64), /it starts with "\\u0000/],
    [Buffer.from([0x1f, 0x8b, 8, 0]), /not valid UTF-8$/],
    [Buffer.from([0x22, 0xff, 0x22]), /not valid UTF-8$/],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), /not valid UTF-8$/],
    [Buffer.from('\ufeff{}'), /^parse thing: not JSON/],
    [Buffer.from('\u001b\u0007\r\n'.repeat(1000)), /^[\u0020-\u007e…]{1,600}$/],
  ];
  for (const [bytes, message] of rows) {
    t.throws(() => parseJson(bytes, 'thing'), { code: 'CORRUPT', message, data: { path: '$' } });
  }
  t.end();
});

t.test('limits', (t) => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
  t.doesNotThrow(() => parseJson(nested(64), 'thing'));
  t.throws(() => parseJson(nested(65), 'thing'), {
    code: 'LIMIT_EXCEEDED',
    message: 'parse thing: nested deeper than the limit of 64',
  });
  t.throws(() => parseJson(Buffer.from('{"a":'.repeat(1_000_000)), 'thing'), {
    code: 'LIMIT_EXCEEDED',
  });
  t.doesNotThrow(() => parseJson(nested(65), 'thing', { maximumDepth: 65 }));
  t.doesNotThrow(
    () => parseJson(Buffer.from(JSON.stringify('[{\\"'.repeat(100))), 'thing'),
    'strings',
  );
  t.throws(() => parseJson(Buffer.from('"abc"'), 'thing', { maximumBytes: 4 }), {
    code: 'LIMIT_EXCEEDED',
    message: 'parse thing: 5 bytes, more than the limit of 4',
  });
  t.throws(() => parseJson(Buffer.alloc(8 * 1024 * 1024 + 1, ' '), 'thing'), {
    code: 'LIMIT_EXCEEDED',
  });
  t.end();
});

t.test('what a reader hands out', (t) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const document = new JsonReader('thing', { d: digest, bad: 'abc', other: 'blake3:aa', t: true });
  t.equal(document.get('d').digest(), digest);
  t.throws(() => document.get('bad').digest(), {
    code: 'CORRUPT',
    message: 'parse thing: $.bad: not a digest: "abc"',
  });
  t.throws(() => document.get('other').digest(), {
    code: 'UNSUPPORTED',
    data: { path: '$.other' },
  });
  t.equal(document.get('t').boolean(), true);
  t.same(document.keys(), ['d', 'bad', 'other', 't']);
  t.end();
});

t.test('present leaves out what is undefined, and nothing else', (t) => {
  const kept = present({ a: undefined as string | undefined, b: null, c: 0, d: '' });
  t.strictSame(Object.keys(kept), ['b', 'c', 'd']);
  t.end();
});
