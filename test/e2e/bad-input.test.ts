// What cannot be done is told in one clear line, with at most one more for the way out.
import { chmodSync, chownSync, mkdirSync, realpathSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { cannotRun, makeCutaway } from '../support/cli.js';
import { checkComplaints, everything, type Complaint } from './complaints.js';

function nameCases(): Complaint[] {
  const unknown = (command: string, says: string, ...args: string[]): Complaint => ({
    what: `${command} of what is not there`,
    args: [command, ...args, 'nosuch'],
    says,
  });
  const questions = ['layers', 'overlay', 'tree', 'diff', 'procs', 'ns', 'inspect'];
  const target = 'no container, image or archive is called "nosuch"';
  return [
    ...questions.map((command) => unknown(command, target)),
    unknown('diff', target, 'busybox'),
    unknown('rm', 'no such container: nosuch'),
    unknown('rmi', 'no such image: nosuch'),
    {
      what: 'run of an unknown image',
      args: ['run', '--pull', 'never', 'nosuch'],
      status: 125,
      says: 'no such image: nosuch:latest, and --pull is never',
    },
    {
      what: 'create of an unknown image',
      args: ['create', '--pull', 'never', 'nosuch'],
      status: 125,
      says: 'no such image: nosuch:latest, and --pull is never',
    },
    {
      what: 'start of an unknown container',
      args: ['start', 'nosuch'],
      status: 125,
      says: 'no such container: nosuch',
    },
    {
      what: 'tag of an unknown image',
      args: ['tag', 'nosuch', 'a:1'],
      says: 'no such image: nosuch',
    },
    {
      what: 'a tag that is no reference',
      args: ['tag', 'busybox', 'a b'],
      says: /^parse reference "a b"/,
    },
    {
      what: 'an image that is no reference',
      args: ['run', 'Not A Name'],
      status: 125,
      says: /^parse reference "Not A Name"/,
    },
    {
      what: 'a name in use',
      args: ['create', '--name', 'web', 'busybox'],
      status: 125,
      says: /^the name "web" is in use by container [0-9a-f]{12}$/,
    },
    {
      what: 'run with a name in use',
      args: ['run', '--rm', '--name', 'web', 'busybox'],
      status: 125,
      says: /^the name "web" is in use by container [0-9a-f]{12}$/,
    },
    {
      what: 'a name that cannot be one',
      args: ['create', '--name', '../web', 'busybox'],
      status: 125,
      says: 'invalid container name "../web"',
    },
    {
      what: 'a name of one letter',
      args: ['create', '--name', 'w', 'busybox'],
      status: 125,
      says: 'invalid container name "w"',
    },
    {
      what: 'an image in use',
      args: ['rmi', 'busybox'],
      says: /^remove image "busybox": container "web" \([0-9a-f]{12}\) is made of it$/,
    },
    {
      what: 'a layer that the image has not',
      args: ['tree', 'busybox@9'],
      says: 'there is no layer 9: the image has 3',
    },
    { what: 'layer 0', args: ['tree', 'busybox@0'], says: 'there is no layer 0: the image has 3' },
    {
      what: 'a path that is not there',
      args: ['tree', 'busybox', '/nope'],
      says: 'no "/nope" in it',
    },
    {
      what: 'a path out of it',
      args: ['tree', 'busybox', '/etc/../..'],
      says: 'path "/etc/../.." contains ".."',
    },
    {
      what: 'processes of an image',
      args: ['procs', 'busybox'],
      says: /is an image: nothing runs in it$/,
    },
    {
      what: 'namespaces of an image',
      args: ['ns', 'busybox'],
      says: /is an image: nothing runs in it$/,
    },
    {
      what: 'layers of a process',
      args: ['layers', 'pid:1'],
      says: '"pid:1" is a process: it has no layers of its own',
    },
    {
      what: 'a pid that nobody has',
      args: ['procs', 'pid:4194399'],
      says: 'no process has the pid 4194399',
    },
    { what: 'a pid that is none', args: ['procs', 'pid:x'], says: '"pid:x" names no process' },
    {
      what: 'a document that is none',
      args: ['schema', 'nosuch'],
      says: 'no document is called "nosuch"',
    },
    {
      what: 'a terminal and a pipe',
      args: ['run', '--rm', '-it', 'busybox'],
      status: 125,
      says: 'the input device is not a TTY',
    },
  ];
}

function usageCases(): Complaint[] {
  return [
    { what: 'an unknown command', args: ['nosuch'], says: 'unknown command "nosuch"' },
    { what: 'a slip of the finger', args: ['laeyrs'], says: 'unknown command "laeyrs"' },
    {
      what: 'help of an unknown command',
      args: ['help', 'nosuch'],
      says: 'unknown command "nosuch"',
    },
    {
      what: 'an unknown option before the command',
      args: ['--nosuch', 'ps'],
      says: 'unknown option --nosuch',
    },
    { what: 'an unknown option', args: ['ps', '--nosuch'], says: 'unknown option --nosuch' },
    { what: 'an unknown letter', args: ['ps', '-aZ'], says: 'unknown option -Z' },
    {
      what: 'an unknown option of run',
      args: ['run', '--nosuch', 'busybox'],
      status: 125,
      says: 'unknown option --nosuch',
    },
    {
      what: 'an unknown format',
      args: ['ps', '--format', 'xml'],
      says: '--format is one of table, json, jsonl, not "xml"',
    },
    {
      what: 'an unknown network',
      args: ['run', '--network', 'x', 'busybox'],
      status: 125,
      says: '--network "x": none, host, container:NAME are known',
    },
    { what: 'an unknown column', args: ['ls', '--columns', 'nosuch'], says: 'no column "nosuch"' },
    {
      what: 'an empty column',
      args: ['ls', '--columns', 'id,,name'],
      says: '--columns "id,,name" has an empty name',
    },
    {
      what: 'a depth that is no number',
      args: ['tree', '--depth', 'two', 'busybox'],
      says: '--depth is a number, not "two"',
    },
    {
      what: 'a platform that is none',
      args: ['layers', '--platform', 'a/b/c/d', 'busybox'],
      says: /platform/,
    },
    {
      what: 'a platform the image has not',
      args: ['layers', '--platform', 'linux/s390x', 'busybox'],
      says: /linux\/s390x/,
    },
    {
      what: 'a data root without a value',
      args: ['--data-root'],
      says: '--data-root needs a value',
    },
    { what: 'a missing target', args: ['layers'], says: 'it needs more: cutaway layers TARGET' },
    {
      what: 'a missing image',
      args: ['run', '--rm'],
      status: 125,
      says: /^it needs more: cutaway run /,
    },
    { what: 'a missing value', args: ['run', '--name'], status: 125, says: '--name needs a value' },
    { what: 'one too many', args: ['layers', 'busybox', 'more'], says: 'unexpected "more"' },
    {
      what: 'several to attach to',
      args: ['start', '-a', 'web', 'web'],
      status: 125,
      says: '-a takes one container, not several',
    },
    {
      what: 'a file that cannot be written',
      args: ['ls', '--output', '/no/such/file'],
      says: /"\/no\/such\/file": no such file or directory$/,
    },
    {
      what: 'an environment file that is not there',
      args: ['run', '--env-file', '/no/such', 'busybox'],
      status: 125,
      says: /"\/no\/such": no such file or directory$/,
    },
    {
      what: 'a volume that is none',
      args: ['run', '-v', 'a:b:c:d', 'busybox'],
      status: 125,
      says: 'mount "a:b:c:d": too many colons',
    },
    {
      what: 'a working directory that is not absolute',
      args: ['run', '-w', 'x', 'busybox'],
      status: 125,
      says: 'working directory "x" is not absolute',
    },
  ];
}

/** A mount namespace in which the program at `path` is none. */
function without(path: string): string[] {
  const script = `mount --bind /dev/null ${path} && exec "$@"`;
  return ['unshare', '-m', 'sh', '-c', script, 'sh'];
}

const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

function hostCases(directory: string): Complaint[] {
  const env = { CUTAWAY_DATA_ROOT: `${directory}/other/root` };
  const runc = realpathSync(linuxHost().findProgram('runc') ?? '');
  mkdirSync(`${directory}/other`);
  chmodSync(directory, 0o755);
  chownSync(`${directory}/other`, 65534, 65534);
  const noRunc = { wrapper: without(runc) };
  const elsewhere = { wrapper: nobody, env: { ...env, XDG_RUNTIME_DIR: `${directory}/other` } };
  const says = 'run a container: runc is not installed';
  return [
    {
      what: 'run without runc',
      args: ['run', 'busybox', 'true'],
      options: noRunc,
      status: 125,
      says,
    },
    { what: 'start without runc', args: ['start', 'web'], options: noRunc, status: 125, says },
    {
      what: 'start -a without runc',
      args: ['start', '-a', 'web'],
      options: noRunc,
      status: 125,
      says,
    },
    {
      what: 'run by an ordinary user',
      args: ['run', 'busybox', 'true'],
      options: elsewhere,
      status: 125,
      says: 'run a container: only root may mount and start one',
    },
    {
      what: 'create by an ordinary user',
      args: ['create', 'busybox', 'true'],
      options: elsewhere,
      status: 125,
      says: 'run a container: only root may mount and start one',
    },
    {
      what: "another's store",
      args: ['layers', 'busybox'],
      options: { wrapper: nobody },
      says: /permission denied$/,
    },
    {
      what: "another's store, to write",
      args: ['rmi', 'busybox'],
      options: { wrapper: nobody },
      says: /permission denied$/,
    },
    {
      what: 'a data root that is a file',
      args: ['--data-root', '/etc/passwd', 'rmi', 'busybox'],
      says: /"\/etc\/passwd\S*": (not a directory|file exists)$/,
    },
    {
      what: 'a data root that cannot be made',
      args: ['--data-root', '/dev/null/root', 'rmi', 'busybox'],
      says: /"\/dev\/null\S*": not a directory$/,
    },
  ];
}

async function testBadInput(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('create', '--name', 'web', 'busybox', 'true');
  const before = await everything(cutaway);
  await t.test('names', (t) => checkComplaints(t, cutaway, nameCases()));
  await t.test('usage', (t) => checkComplaints(t, cutaway, usageCases()));
  await t.test('the host', (t) => checkComplaints(t, cutaway, hostCases(cutaway.directory)));
  await t.test('nothing has come or gone meanwhile', async (t) => {
    t.same(await everything(cutaway), before);
  });
}

const skip = cannotRun('runc', 'busybox', 'unshare');
if (skip !== false) t.plan(0, skip);
else await testBadInput();
