// LXC: real containers of the system's lxc, one that runs, and one that is only there.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cannotRun, cutawayAt, eventually } from '../support/cli.js';

t.test('LXC', { skip: cannotRun('lxc-start', 'busybox') }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'cl-'));
  const lxc = join(base, 'lxc');
  const rootfs = join(lxc, 'one/rootfs');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'etc']) {
    mkdirSync(join(rootfs, name), { recursive: true });
  }
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  writeFileSync(join(rootfs, 'etc/name'), 'one\n');
  const config = (name: string, path: string) => {
    mkdirSync(join(lxc, name), { recursive: true });
    const text = `# made by hand\nlxc.rootfs.path = ${path}\nlxc.uts.name = ${name}\n`;
    const init = 'lxc.net.0.type = none\nlxc.init.cmd = /bin/busybox sleep 300\n';
    writeFileSync(join(lxc, name, 'config'), text + init);
  };
  config('one', `dir:${rootfs}`);
  const upper = join(lxc, 'two/delta');
  mkdirSync(join(upper, 'etc'), { recursive: true });
  writeFileSync(join(upper, 'etc/name'), 'number two\n');
  config('two', `overlay:${rootfs}:${upper}`);
  config('three', 'zfs:tank/three');
  const cutaway = cutawayAt(base, join(base, 'store'));
  const options = ['--engine', 'lxc', '--engine-root', `lxc=${lxc}`];
  t.teardown(() => {
    spawnSync('lxc-stop', ['-k', '-P', lxc, '-n', 'one']);
    rmSync(base, { recursive: true, force: true });
  });
  execFileSync('lxc-start', ['-P', lxc, '-n', 'one']);
  await eventually(
    () =>
      spawnSync('lxc-info', ['-P', lxc, '-n', 'one', '-s'], { encoding: 'utf8' }).stdout.includes(
        'RUNNING',
      ),
    'it runs',
  );
  const info = execFileSync('lxc-info', ['-P', lxc, '-n', 'one', '-p', '-H'], { encoding: 'utf8' });
  const { containers } = (await cutaway.json(...options, 'ls')) as {
    containers: { name: string; state: string; pid?: number }[];
  };
  t.same(containers.map(({ name, state, pid }) => [name, state, pid]).sort(), [
    ['one', 'running', Number(info)],
    ['three', 'exited', undefined],
    ['two', 'exited', undefined],
  ]);
  t.equal(await cutaway.text(...options, 'cat', 'lxc:one', '/etc/name'), 'one\n');
  t.equal(await cutaway.text(...options, 'cat', 'two', '/etc/name'), 'number two\n');
  t.equal(await cutaway.text(...options, 'diff', 'two'), 'C /etc\nC /etc/name\n');
  const plain = await cutaway.run([...options, 'diff', 'one']);
  t.equal(plain.status, 2);
  t.match(plain.stderr, /has no layers below its own files/);
  const unknown = (await cutaway.json(...options, 'tree', 'three')) as { problems: object[] };
  t.match(unknown.problems, [{ code: 'rootfs-unsupported' }]);
  const procs = (await cutaway.json(...options, 'procs', 'one')) as { init: number };
  t.equal(procs.init, Number(info));
});

t.test('what nobody manages', { skip: cannotRun('unshare') }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'cl-'));
  const cutaway = cutawayAt(base, join(base, 'store'));
  t.teardown(() => {
    rmSync(base, { recursive: true, force: true });
  });
  const arguments_ = ['--pid', '--uts', '--fork', '--kill-child', 'sleep', '4711.5'];
  const running = spawn('unshare', arguments_, { stdio: 'ignore' });
  t.teardown(() => {
    running.kill('SIGKILL');
  });
  interface Unmanaged {
    readonly pid: number;
    readonly namespaces: { readonly type: string }[];
    readonly command: { readonly argv: string[] };
  }
  const find = async () => {
    const { status, stdout } = await cutaway.run(['ls', '--json'], {
      env: { CUTAWAY_ENGINES: '' },
    });
    t.equal(status, 0);
    const { unmanaged } = JSON.parse(stdout) as { unmanaged: Unmanaged[] };
    return unmanaged.find(
      ({ command }) => command.argv[0] === 'sleep' && command.argv[1] === '4711.5',
    );
  };
  await eventually(find, 'it is listed');
  t.same(
    (await find())?.namespaces.map(({ type }) => type),
    ['pid', 'uts'],
  );
});
