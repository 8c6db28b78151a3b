import t from 'tap';
import { mergeEnvironment, parseEnvFile } from '../../../src/runtime/spec/environment.js';

const image = (Env?: string[]) => ({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers' as const, diff_ids: [] },
  history: [],
  ...(Env === undefined ? {} : { config: { Env } }),
});
const options = { hostname: 'h', terminal: false, home: '/root', variables: [], caller: {} };

t.test('without anything there is a path, a name and a home', (t) => {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  t.same(mergeEnvironment(image(), options), [path, 'HOSTNAME=h', 'HOME=/root']);
  t.same(mergeEnvironment(image(), { ...options, terminal: true }), [
    path,
    'HOSTNAME=h',
    'TERM=xterm',
    'HOME=/root',
  ]);
  t.end();
});

t.test('the later value wins; a bare name takes the caller value or goes', (t) => {
  const variables = ['A=1', 'A=2', 'B', 'C', 'HOSTNAME', 'D=x=y'];
  const merged = mergeEnvironment(image(['PATH=/p', 'HOME=/i', 'C=image']), {
    ...options,
    variables,
    caller: { B: 'caller' },
  });
  t.same(merged, ['PATH=/p', 'HOME=/i', 'A=2', 'B=caller', 'D=x=y']);
  t.end();
});

t.test("the caller's environment is not the image's to read", (t) => {
  const merged = mergeEnvironment(image(['SECRET']), { ...options, caller: { SECRET: 's' } });
  t.notMatch(merged.join(' '), /SECRET/);
  t.end();
});

t.test('a name that no program can be given is an error', (t) => {
  for (const variable of ['=x', '', 'A=\0']) {
    t.throws(() => mergeEnvironment(image(), { ...options, variables: [variable] }), {
      code: 'INVALID_INPUT',
    });
  }
  t.end();
});

t.test('a file of variables', (t) => {
  const text = '\ufeffA=1\r\n# no\n   # no\n\t B="q"  \n\nHAVE\nLACK\nE=\n';
  t.same(parseEnvFile(text, { HAVE: 'v' }, 'f'), ['A=1', 'B="q"  ', 'HAVE=v', 'E=']);
  t.throws(() => parseEnvFile('A=1\nB C=2', {}, 'f'), {
    code: 'INVALID_INPUT',
    message: 'read env file "f", line 2: variable "B C" contains whitespace',
  });
  t.throws(() => parseEnvFile('=v', {}, 'f'), { message: /line 1: no variable name/ });
  t.end();
});
