import t from 'tap';
import { exitStatus, reportError } from '../../src/cli/exit-status.js';
import { CutawayError } from '../../src/oci/error.js';
import { StartError } from '../../src/runtime/supervise.js';

const trouble = new CutawayError('NOT_FOUND', 'no such thing');

t.test('the exit status', (t) => {
  t.equal(exitStatus(trouble, false), 2);
  t.equal(exitStatus(new Error('ours'), false), 2);
  t.equal(exitStatus('thrown', false), 2);
  t.equal(exitStatus(trouble, true), 125, 'where the status of a container would stand');
  t.equal(exitStatus(new Error('ours'), true), 125);
  for (const status of [125, 126, 127])
    t.equal(exitStatus(new StartError(trouble, status), true), status);
  t.end();
});

t.test('what is said', (t) => {
  const said = (error: unknown, command?: string) => {
    let text = '';
    const write = t.intercept(process.stderr, 'write', {
      value: (part: string) => (text += part) !== '',
    });
    reportError(error, command);
    write.restore();
    return text;
  };
  t.equal(said(trouble), 'cutaway: no such thing\n');
  t.equal(said(trouble, 'ps'), 'cutaway ps: no such thing\n');
  const usage = new CutawayError('INVALID_INPUT', 'ps: unexpected "x"', {
    hint: 'cutaway ps --help',
  });
  t.equal(
    said(usage, 'ps'),
    'cutaway ps: unexpected "x"\n  cutaway ps --help\n',
    'the command once',
  );
  t.equal(
    said(new CutawayError('INVALID_INPUT', 'bad \u001b[31m\nname')),
    'cutaway: bad \\x1b[31m\\nname\n',
  );
  t.equal(
    said(new CutawayError('NOT_FOUND', 'open "/x": ENOENT')),
    'cutaway: open "/x": no such file or directory\n',
  );
  t.equal(
    said(new CutawayError('NOT_FOUND', 'open "/x": EWHATEVER')),
    'cutaway: open "/x": EWHATEVER\n',
  );
  t.equal(
    said(new CutawayError('NOT_FOUND', 'write blob: ENOSPC: no space left on device, write')),
    'cutaway: write blob: no space left on device\n',
  );
  t.equal(
    said(new CutawayError('NOT_FOUND', 'no column "ENOENT"')),
    'cutaway: no column "ENOENT"\n',
  );
  t.match(
    said(new TypeError('x is undefined'), 'ps'),
    /^cutaway ps: x is undefined\n {2}this is a mistake in cutaway itself; [^\n]*\n$/,
  );
  t.equal(said('thrown').split('\n')[0], 'cutaway: thrown');
  t.end();
});
