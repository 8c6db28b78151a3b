import t from 'tap';
import { resolveCommand } from '../../../src/runtime/spec/command.js';

const image = (config: { Entrypoint?: string[]; Cmd?: string[] }) => ({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers' as const, diff_ids: [] },
  history: [],
  config,
});
const both = image({ Entrypoint: ['e', '1'], Cmd: ['c'] });

t.test('arguments replace the command, an entrypoint replaces both', (t) => {
  t.same(resolveCommand(both, { args: [] }), ['e', '1', 'c']);
  t.same(resolveCommand(both, { args: ['x'] }), ['e', '1', 'x']);
  t.same(resolveCommand(both, { args: [], entrypoint: 'p' }), ['p']);
  t.same(resolveCommand(both, { args: ['x'], entrypoint: 'p' }), ['p', 'x']);
  t.same(resolveCommand(both, { args: ['x'], entrypoint: '' }), ['x']);
  t.end();
});

t.test('nothing to run is an error', (t) => {
  const wanted = { code: 'INVALID_INPUT', message: 'no command specified' };
  t.throws(() => resolveCommand(image({}), { args: [] }), wanted);
  t.throws(() => resolveCommand(both, { args: [], entrypoint: '' }), wanted);
  t.end();
});
