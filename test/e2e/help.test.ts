// Help: asked for it is data, not asked for it is a complaint; every command has one.
import t from 'tap';
import { COMMANDS } from '../../src/cli/command-table.js';
import { cutawayAt } from '../support/cli.js';

const cutaway = cutawayAt('/tmp', '/tmp/no-such-store');

t.test('asked for', async (t) => {
  const text = await cutaway.text('--help');
  for (const same of [['-h'], ['help']]) t.equal(await cutaway.text(...same), text);
  for (const { name, summary } of COMMANDS) {
    t.match(
      text,
      new RegExp(`^ {2}${name} +${summary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm'),
    );
  }
  t.ok(
    text.split('\n').every((line) => line.length <= 100),
    'no line is too long',
  );
});

t.test('not asked for', async (t) => {
  const { status, stdout, stderr } = await cutaway.run([]);
  t.same({ status, stdout }, { status: 2, stdout: '' });
  t.equal(stderr, await cutaway.text('--help'));
});

t.test('of each command', async (t) => {
  for (const { name, summary } of COMMANDS) {
    const text = await cutaway.text(name, '--help');
    t.match(text, new RegExp(`^cutaway ${name}( |\n)`), name);
    t.ok(text.includes(summary), `${name}: says what it does`);
    t.notMatch(text, /undefined|\[object/);
    t.equal(await cutaway.text('help', name), text);
  }
});

t.test('the version', async (t) => {
  t.match(await cutaway.text('--version'), /^cutaway \d+\.\d+\.\d+\n$/);
  t.equal(await cutaway.text('version'), await cutaway.text('--version'));
});
