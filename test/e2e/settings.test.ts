// What a container is given and Docker cannot be asked about: how it is told afterwards, what is
// written down, and what is left when it goes.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import { tarBytes } from '../../src/runtime/embedded/tar-bytes.js';
import { cannotRun, makeCutaway } from '../support/cli.js';
import { turned } from '../support/parity.js';

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testSettings();

async function testSettings(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.run(['run', '--rm', 'busybox', 'true']);
  const volumes = async () =>
    (await cutaway.text('volume', 'ls', '-q')).split('\n').filter(Boolean);

  await t.test('killed at its memory limit', async (t) => {
    const limit = ['-m', '16m', '--memory-swap', '16m'];
    const fill = 'dd if=/dev/zero of=/dev/shm/x bs=1M count=40';
    for (const detach of [[], ['-d']]) {
      const name = `full${detach.join('')}`;
      await cutaway.run(['run', ...detach, '--name', name, ...limit, 'busybox', 'sh', '-c', fill]);
      await cutaway.run(['start', '-a', name]);
      const { container } = await cutaway.json('inspect', name);
      t.match(container.summary, { state: 'exited', oomKilled: true });
      t.equal(container.record.settings.resources.memory, 16 * 1024 * 1024);
    }
    t.match(await cutaway.text('ps', '-a'), /Exited \(\d+, out of memory\)/);
    await cutaway.run(['run', '--name', 'fits', '-m', '64m', 'busybox', 'sh', '-c', 'exit 137']);
    const { container } = await cutaway.json('inspect', 'fits');
    t.equal(container.summary.exitCode, 137);
    t.equal(container.summary.oomKilled, undefined, 'the same status is not the same reason');
    t.same(cgroupsOf(container.summary.id), [], 'the cgroup that was kept is gone');
  });

  await t.test('annotations, labels of a file, the id in a file', async (t) => {
    const labels = `${cutaway.directory}/labels`;
    writeFileSync(labels, '# a comment\na=of the file\n  b=kept\nc\n');
    const file = `${cutaway.directory}/cid`;
    const given = [
      '--annotation',
      'x.y=z',
      '--label-file',
      labels,
      '-l',
      'a=given',
      '--cidfile',
      file,
    ];
    const id = await cutaway.line('create', ...given, 'busybox', 'true');
    t.equal(readFileSync(file, 'utf8'), id);
    const { container } = await cutaway.json('inspect', id);
    t.match(container.summary.labels, { a: 'given', b: 'kept', c: '' });
    t.match(container.bundle.config.annotations, { 'x.y': 'z' });
    const again = await cutaway.run(['create', '--cidfile', file, 'busybox', 'true']);
    t.equal(again.status, 125);
    t.match(again.stderr, /--cidfile .*: it is there\n/);
  });

  await t.test('namespaces of another container, as ns shows them', async (t) => {
    const one = await cutaway.line(
      'run',
      '-d',
      '--ipc',
      'shareable',
      '-h',
      'one',
      'busybox',
      'sleep',
      '600',
    );
    const join = ['pid', 'uts', 'ipc', 'network'].flatMap((type) => [
      `--${type}`,
      `container:${one}`,
    ]);
    const two = await cutaway.line('run', '-d', ...join, 'busybox', 'sleep', '600');
    const pids = await Promise.all(
      [one, two].map(
        async (id) => (await cutaway.json('inspect', id)).container.summary.pid as number,
      ),
    );
    for (const type of ['pid', 'uts', 'ipc', 'net']) {
      const [left, right] = pids.map((pid) => readlinkSync(`/proc/${pid}/ns/${type}`));
      t.equal(left, right, `the same ${type} namespace`);
      t.not(left, readlinkSync(`/proc/self/ns/${type}`), 'which is not of the host');
    }
    const { namespaces } = await cutaway.json('ns', one, two);
    t.match(await cutaway.text('ns', one, two), /uts/);
    t.ok(namespaces.length > 0);
    await cutaway.text('rm', '-f', one);
    const late = await cutaway.run(['run', '--rm', '--pid', `container:${one}`, 'busybox', 'true']);
    t.match(late, { status: 125, stderr: /no such container/ });
    await cutaway.text('rm', '-f', two);
  });

  await t.test('volumes without a name go with their container, others stay', async (t) => {
    const options = ['-v', '/own', '-v', 'shared:/shared'];
    await cutaway.text('run', '--rm', ...options, 'busybox', 'touch', '/own/x', '/shared/x');
    t.same(await volumes(), ['shared'], '--rm');
    const failed = await cutaway.run(['run', '--rm', '-v', '/own', 'busybox', '/no/such/program']);
    t.equal(failed.status, 127);
    t.same(await volumes(), ['shared'], 'also of one that never ran');
    await cutaway.text('create', '--name', 'made', ...options, 'busybox', 'true');
    await cutaway.text('create', '--name', 'heir', '--volumes-from', 'made', 'busybox', 'true');
    t.equal((await volumes()).length, 2);
    const used = await cutaway.run(['volume', 'rm', 'shared']);
    t.match(used, { status: 2, stderr: /remove volume "shared": container "\w+" has it/ });
    await cutaway.text('rm', '-v', 'made');
    t.equal((await volumes()).length, 2, 'the heir has it still');
    await cutaway.text('rm', 'heir');
    t.equal((await volumes()).length, 2, 'without -v it stays');
    t.match(await cutaway.text('volume', 'prune'), /Deleted Volumes:\n[0-9a-f]{64}\n\nTotal/);
    t.same(await volumes(), ['shared'], 'one with a name is kept');
    const taken = await cutaway.run([
      'create',
      '--name',
      'heir',
      '-v',
      '/x',
      '-v',
      '/:/x',
      '-v',
      '/:/x',
      'busybox',
    ]);
    t.equal(taken.status, 125);
    t.same(await volumes(), ['shared'], 'nothing is made of what is wrong');
    await cutaway.text('volume', 'prune', '-a');
    t.same(await volumes(), []);
  });

  await t.test('nothing of ours is open in a container', async (t) => {
    const list = 'for f in /proc/self/fd/*; do readlink $f; done';
    const { stdout } = await cutaway.run(['run', '--rm', 'busybox', 'sh', '-c', list]);
    t.same(
      stdout
        .split('\n')
        .filter((name) => !/^(pipe:.*|\/dev\/null|socket:.*|\/proc\/\d+\/fd|)$/.test(name)),
      [],
    );
  });

  await t.test('the destination of a mount cannot be turned outward', async (t) => {
    const outside = `${cutaway.directory}/outside`;
    mkdirSync(outside);
    const turn = `rm -rf /srv; ln -s ../../../../../../..${outside} /srv`;
    await cutaway.text('run', '--name', 'turned', 'busybox', 'sh', '-c', turn);
    await cutaway.text('commit', 'turned', 'turned');
    const script = 'echo mine >/srv/made; ls /srv; ls -ld /srv | cut -c1';
    const mounted = await cutaway.run([
      'run',
      '--rm',
      '-v',
      '/tmp/../srv',
      'turned',
      'sh',
      '-c',
      script,
    ]);
    t.match(mounted.stdout, /made\nl\n/);
    t.same(readdirSync(outside), [], 'nothing came out');
  });

  // Mounts of the runtime's that an image sends elsewhere: CVE-2019-16884, CVE-2021-30465, CVE-2024-45310.
  await t.test('links where the runtime mounts', async (t) => {
    for (const place of ['proc', 'sys', 'dev', 'etc']) {
      const archive = `${cutaway.directory}/${place}.tar`;
      writeFileSync(archive, tarBytes(turned(place), 0));
      await cutaway.text('import', archive, `turned-${place}`);
      const script = `cat /etc/hostname; ls /tmp/turned-${place}`;
      const options = ['--rm', '-h', 'inside', '--tmpfs', '/etc/a/b', `turned-${place}`];
      const outcome = await cutaway.run(['run', ...options, 'sh', '-c', script]);
      if (place === 'etc') {
        t.match(outcome, { status: 0, stdout: /^inside\na\nhostname\nhosts\nresolv.conf\n$/ });
      } else t.match(outcome, { status: 125, stdout: '', stderr: /\S/ }, `/${place} is refused`);
      t.notOk(existsSync(`/tmp/turned-${place}`), 'nothing is made on the host');
    }
  });

  await t.test('/proc and /sys are as tight as they are told', async (t) => {
    const script = `echo b >/proc/sysrq-trigger; echo 1 >/proc/sys/kernel/panic; echo x >/sys/kernel/uevent_helper
cat /proc/kcore 2>/dev/null | head -c 1 | wc -c; grep Seccomp: /proc/self/status`;
    const { stdout, stderr } = await cutaway.run(['run', '--rm', 'busybox', 'sh', '-c', script]);
    t.equal(stdout.replace(/\s+/g, ' '), '0 Seccomp: 2 ');
    t.equal(
      stderr.match(/Read-only file system|nonexistent|Permission denied/g)?.length,
      3,
      stderr,
    );
  });
}

function cgroupsOf(id: string): string[] {
  return readdirSync('/sys/fs/cgroup')
    .map((name) => `/sys/fs/cgroup/${name}/cutaway/${id}`)
    .concat(`/sys/fs/cgroup/cutaway/${id}`)
    .filter((path) => existsSync(path));
}
