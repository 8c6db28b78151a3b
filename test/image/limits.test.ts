import t from 'tap';
import {
  checkLimit,
  DEFAULT_LIMITS,
  formatLimit,
  LIMIT_NAMES,
  parseLimits,
  withDefaults,
} from '../../src/image/limits.js';
import { thrown } from '../support/read-tar.js';

t.test('limits as written on a command line', (t) => {
  t.same(parseLimits([]), {});
  t.same(parseLimits(['entries=5', 'depth=3k', 'paxSize=2M', 'totalBytes=4G', 'entries=7']), {
    entries: 7,
    depth: 3072,
    paxSize: 2 * 1024 ** 2,
    totalBytes: 4 * 1024 ** 3,
  });
  for (const text of ['entries', 'entries=', 'entries=0', 'entries=-1', 'entries=1.5']) {
    t.match(
      thrown(() => parseLimits([text])),
      {
        code: 'INVALID_INPUT',
        message: /^the limit entries is a whole number from 1, not "/,
        hint: 'entries=2000000 is the default; k, M and G may follow',
      },
      text,
    );
  }
  for (const value of ['1T', '1 k', '0x10', '99999999999999999', '9007199254740991G', 'k']) {
    t.match(
      thrown(() => parseLimits([`totalBytes=${value}`])),
      { code: 'INVALID_INPUT' },
      value,
    );
  }
  t.end();
});

t.test('a name that is none is answered with those that are', (t) => {
  for (const text of ['entrys=1', '=1', '', 'toString=1', '__proto__=1', 'ENTRIES=1']) {
    t.match(
      thrown(() => parseLimits([text])),
      { code: 'INVALID_INPUT', hint: `there are ${LIMIT_NAMES.join(', ')}` },
      text,
    );
  }
  t.end();
});

t.test('every limit has a name, a default and a text that reads back', (t) => {
  t.same([...LIMIT_NAMES].sort(), Object.keys(DEFAULT_LIMITS).sort());
  for (const name of LIMIT_NAMES) {
    const value = DEFAULT_LIMITS[name];
    t.same(parseLimits([`${name}=${formatLimit(value)}`]), { [name]: value }, name);
  }
  t.equal(formatLimit(2_000_000), '2000000');
  t.equal(formatLimit(3 * 1024 ** 3), '3G');
  t.end();
});

t.test('what exceeds a limit is told with its name and the way out', (t) => {
  const limits = withDefaults({ depth: 3 });
  t.equal(
    thrown(() => {
      checkLimit(limits, 'depth', 3, 'index tar');
    }),
    undefined,
  );
  t.match(
    thrown(() => {
      checkLimit(limits, 'depth', 4, 'index tar');
    }),
    {
      code: 'LIMIT_EXCEEDED',
      message: 'index tar: 4 exceeds the limit depth of 3',
      hint: '--limit depth=VALUE raises it, if you trust the input',
      data: { limit: 'depth', allowed: 3, actual: 4 },
    },
  );
  t.end();
});
