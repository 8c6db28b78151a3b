// What `run` does without any wish, and with those for its program: arguments, user, environment.
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  probed,
  refused,
  runArguments,
  scripted,
  type Engines,
  type Row,
} from '../../support/parity.js';

export function basicRows({ directory }: Engines): Row[] {
  const variables = `${directory}/variables`;
  writeFileSync(variables, '# none\nA=1\n  B=2 \nPATH=/bin\nC\n');
  mkdirSync(`${directory}/shared`);
  writeFileSync(`${directory}/shared/file`, 'of the host\n');
  const plain = (...args: string[]): Row => ({
    what: `the command ${JSON.stringify(args)}`,
    steps: [[...runArguments([]), 'parity', ...args]],
  });
  return [
    probed('nothing asked for'),
    probed('-u of the passwd file', '-u', 'ann'),
    probed('-u with a group', '-u', 'ann:audio'),
    probed('-u by number', '-u', '4242:77'),
    probed('-u root by name', '-u', 'root'),
    probed('-w', '-w', '/tmp'),
    probed('-w that is not there', '-w', '/made/for/it'),
    probed('-w through a link', '-w', '/linked'),
    probed('-e', '-e', 'A=1', '-e', 'B=', '-e', 'PATH=/bin', '-e', 'A=2'),
    probed('--env-file', '--env-file', variables, '-e', 'A=9'),
    probed('-h', '-h', 'inside'),
    probed('-h with dots', '-h', 'inside.example.org'),
    probed('--network host', '--network', 'host'),
    probed('--network=none', '--network=none'),
    probed('--read-only', '--read-only'),
    probed('-v', '-v', `${directory}/shared:/mnt/in`),
    probed('-v ro', '-v', `${directory}/shared:/mnt/in:ro`),
    probed('-v of a file', '-v', `${directory}/shared/file:/etc/motd`),
    probed('-v in the place of /etc/hosts', '-v', `${directory}/shared/file:/etc/hosts`),
    { ...scripted('stdin with -i', ['-i'], 'cat; echo; wc -c </dev/null'), input: 'given\0to it' },
    { ...scripted('stdin without -i', [], 'wc -c'), input: 'given' },
    scripted('stdout and stderr apart', [], 'echo out; echo err >&2; echo out again'),
    scripted('a large status', [], 'exit 254'),
    scripted('ended by its own signal', [], 'kill -KILL $$; sleep 1; exit 3'),
    scripted('ended by a signal in a child', [], "sh -c 'kill -SEGV $$'; exit $?"),
    scripted('--entrypoint', ['--entrypoint', '/bin/echo'], 'seen'),
    plain('/bin/echo', '', ' a  b ', '--', '-x'),
    plain('echo', '--rm', '-it'),
    plain('/bin/sh', '-c', 'echo "$0:$#:$*"', 'zero', 'one'),
    { ...plain('no-such-program'), refused: true },
    { ...plain('/etc/passwd'), refused: true },
    { ...plain('/etc'), refused: true },
    { ...plain('/no/such/program'), refused: true },
    refused('-u nobody knows', '-u', 'stranger'),
    refused('-w that is relative', '-w', 'relative'),
    refused('-w that is a file', '-w', '/etc/passwd'),
    refused('an option that is none', '--no-such-option'),
    refused('a network that is not there', '--network', 'no-such-network'),
    refused('-v with an unknown mode', '-v', '/tmp:/x:sideways'),
    refused('-v on the root', '-v', '/tmp:/'),
  ];
}
