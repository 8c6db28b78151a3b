// Images that are made here: of containers and of tars; what they share, and what nobody uses.
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, eventually, makeCutaway, type Cutaway } from '../support/cli.js';
import { storeFaults } from '../support/store-check.js';

interface Layer {
  readonly digest: string;
}

const digests = async (cutaway: Cutaway, name: string) =>
  ((await cutaway.json('layers', name)).layers as Layer[]).map(({ digest }) => digest);

const runcState = (cutaway: Cutaway, id: string) => {
  const argv = ['--root', `${cutaway.paths.run}/runc`, 'state', id];
  return (JSON.parse(execFileSync('runc', argv, { encoding: 'utf8' })) as { status: string })
    .status;
};

/** Files of 40 MB in a running container: reading them takes a while. */
async function startBusy(cutaway: Cutaway): Promise<string> {
  const fill = 'dd if=/dev/urandom of=/big bs=1M count=40 2>/dev/null; echo ready; sleep 1000';
  const id = await cutaway.line('run', '-d', '--name', 'busy', 'busybox', 'sh', '-c', fill);
  const upper = `${cutaway.paths.overlay}/${id}/diff/big`;
  await eventually(() => existsSync(upper) && statSync(upper).size === 40 << 20, 'it is filled');
  return id;
}

async function testCommit(): Promise<void> {
  await t.test('a commit shares all but its own layer', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text(
      'run',
      '--name',
      'cc',
      '-e',
      'X=1',
      'busybox',
      'sh',
      '-c',
      'echo hi > /new; rm /etc/motd',
    );
    const id = await cutaway.line('commit', '-a', 'Ann', '-m', 'new file', 'cc', 'one:1');
    const [base, made] = [await digests(cutaway, 'busybox'), await digests(cutaway, 'one:1')];
    t.same(made.slice(0, -1), base, 'the layers below are the same');
    t.equal(made.length, base.length + 1);
    t.same(storeFaults(cutaway.paths), []);
    t.equal(await cutaway.text('diff', 'one:1@4'), 'D /etc/motd\nA /new\n');
    t.equal(
      await cutaway
        .text('run', '--rm', 'one:1', 'sh', '-c', 'cat /new; ls /etc/motd; echo $X')
        .catch(String),
      'hi\n1\n',
    );
    t.equal((await cutaway.run(['commit', 'cc', 'two:1'])).status, 0);
    t.equal((await digests(cutaway, 'two:1')).at(-1), made.at(-1), 'the same work, the same bytes');
    t.match((await cutaway.json('history', 'one:1')).steps.at(-1), {
      author: 'Ann',
      comment: 'new file',
      createdBy: 'sh -c echo hi > /new; rm /etc/motd',
      layer: { index: 4 },
    });
    t.match((await cutaway.json('images', 'one')).images, [{ id, references: ['one:1'] }]);

    await cutaway.text('create', '--name', 'idle', 'busybox');
    await cutaway.text('commit', '-c', 'LABEL only=config', 'idle', 'idle:1');
    t.same(await digests(cutaway, 'idle:1'), base, 'nothing changed: no layer');
    t.match(await cutaway.run(['commit', '-c', 'RUN x', 'cc']), {
      status: 2,
      stderr: /not an instruction/,
    });
    t.match(await cutaway.run(['commit', 'cc', 'UPPER']), { status: 2, stderr: /lower-case/ });
    t.match(await cutaway.run(['commit', 'nobody']), { status: 2, stderr: /no such container/ });
    await cutaway.text('rmi', '-f', 'busybox', 'one:1', 'two:1', 'idle:1');
    t.match(await cutaway.run(['commit', 'cc']), { status: 2, stderr: /no longer in the store/ });
  });

  await t.test('a running container stands still meanwhile, and goes on', async (t) => {
    const cutaway = makeCutaway(t);
    const id = await startBusy(cutaway);
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const running = cutaway.start(['commit', 'busy', 'half:1']);
      await eventually(() => runcState(cutaway, id) === 'paused', 'it is paused');
      running.child.kill(signal);
      const outcome = await running.ended;
      if (signal === 'SIGINT') {
        t.match(outcome, { status: 2, stderr: /stopped by a signal/ });
        t.equal(runcState(cutaway, id), 'running', 'before the command ended');
      } else t.equal(runcState(cutaway, id), 'paused', 'nobody was left to let it go on');
      await cutaway.text('ps');
      t.equal(runcState(cutaway, id), 'running', signal);
      t.same(storeFaults(cutaway.paths), []);
    }
    t.notOk((await cutaway.text('images')).includes('half'));
    execFileSync('runc', ['--root', `${cutaway.paths.run}/runc`, 'pause', id]);
    await cutaway.text('commit', 'busy', 'whole:1');
    t.equal(runcState(cutaway, id), 'paused', 'who was paused before stays so');
    execFileSync('runc', ['--root', `${cutaway.paths.run}/runc`, 'resume', id]);
    await cutaway.text('commit', '--no-pause', 'busy', 'whole:1');
    t.equal(runcState(cutaway, id), 'running');
    t.equal(
      (await cutaway.json('images', '-f', 'dangling=true')).images.length,
      1,
      'its name went on',
    );
  });

  await t.test('killed at any moment', async (t) => {
    const cutaway = makeCutaway(t);
    const { directory, paths } = cutaway;
    await startBusy(cutaway);
    await cutaway.text('commit', '--no-pause', 'busy', 'big:1');
    await cutaway.text('export', '-o', `${directory}/flat.tar`, 'busy');
    const commands = [
      ['commit', 'busy', 'victim:1'],
      ['import', `${directory}/flat.tar`, 'victim:2'],
      ['save', '-o', `${directory}/saved.tar`, 'big:1'],
      ['save', '--format', 'oci', '-o', `${directory}/layout`, 'big:1'],
    ];
    let killed = 0;
    for (let moment = 0; moment < 20; moment += 1) {
      const command = commands[moment % commands.length] ?? [];
      const running = cutaway.start(command);
      await new Promise((resolve) => setTimeout(resolve, 60 + 17 * moment));
      running.child.kill('SIGKILL');
      const isKilled = (await running.ended).signal === 'SIGKILL';
      killed += isKilled ? 1 : 0;
      const when = `${command[0] ?? ''} at ${moment}`;
      await cutaway.text('ps');
      t.same(storeFaults(paths), [], `${when}: the store is whole`);
      if (isKilled) {
        t.notOk(existsSync(`${directory}/saved.tar`), `${when}: no half file`);
        t.notOk(existsSync(`${directory}/layout`), `${when}: no half layout`);
      }
      for (const name of readdirSync(directory)) {
        if (/^(?:saved|layout)/.test(name)) rmSync(`${directory}/${name}`, { recursive: true });
      }
    }
    t.ok(killed >= 5, `${killed} of 20 were killed before their end`);
  });
}

async function testLists(): Promise<void> {
  await t.test('what is shared, what stands on what, and what goes', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('run', '--name', 'cc', 'busybox', 'sh', '-c', 'echo 12345 > /new');
    await cutaway.text('commit', 'cc', 'child:1');
    await cutaway.text('load', 'hello-world');
    const { images, totals, chains } = await cutaway.json('images');
    const of = (name: string) =>
      images.find(({ references }: { references: string[] }) => references.includes(name));
    t.same(of('child:1').standsOn, [of('busybox:latest').id]);
    t.equal(of('child:1').unique.contentSize, 6);
    t.equal(of('busybox:latest').unique.contentSize, 0);
    t.equal(of('busybox:latest').shared.contentSize, of('child:1').shared.contentSize);
    t.equal(totals.layers, 5);
    t.equal(chains.length, 5);
    const whole = Number(of('child:1').contentSize) + Number(of('hello-world:latest').contentSize);
    t.equal(totals.contentSize, whole, 'each layer once');
    t.match(await cutaway.text('images', '-s'), /^child +1 .* 6 B .*\n/m);
    t.match(
      await cutaway.text('images', '--tree'),
      /← busybox:latest .*\n.* 6 B {2}sh -c echo 12345.*← child:1 /,
    );

    const listed = async (...filters: string[]) =>
      (
        await cutaway.text(
          'images',
          ...filters.flatMap((one) => ['-f', one]),
          '--format',
          '{{.Repository}}',
        )
      )
        .trim()
        .split('\n');
    t.same(await listed('reference=c*'), ['child']);
    t.same(await listed('reference=*:latest', 'before=child:1'), ['busybox', 'hello-world']);
    t.same(await listed('since=busybox', 'reference=*:1'), ['child']);
    t.same(await listed('label=org.opencontainers.image.title=busybox'), ['child', 'busybox']);
    t.same(await listed('dangling=true'), ['']);
    t.match(await cutaway.run(['images', '-f', 'color=red']), {
      status: 2,
      stderr: /unknown filter/,
    });
    t.match(await cutaway.run(['images', '--format', 'xml']), { status: 2 });

    t.match(await cutaway.run(['rmi', 'busybox', 'nope', 'hello-world']), {
      status: 2,
      stdout: /Untagged: hello-world:latest/,
      stderr: /container "cc" \([0-9a-f]{12}\) is made of it[\s\S]*no such image: nope/,
    });
    await cutaway.text('commit', 'cc', 'child:1');
    const plan = await cutaway.json('prune', '--dry-run');
    t.match(plan, { dryRun: true, containers: [{ name: 'cc' }], images: [{ references: [] }] });
    const size = () =>
      Number(execFileSync('du', ['-sb', cutaway.dataRoot]).toString().split('\t')[0]);
    const before = size();
    t.match(await cutaway.run(['prune']), { status: 2, stderr: /-f goes on without asking/ });
    t.equal(size(), before, 'a plan changes nothing');
    const label = ['--filter', 'label=nobody=has'];
    t.match(await cutaway.json('prune', '-f', ...label), { containers: [], images: [] });
    t.same((await cutaway.json('prune', '-f', '--only', 'images')).containers, []);
    t.match(
      await cutaway.text('prune', '-f'),
      /^Deleted containers:\n {2}[0-9a-f]{12} {2}cc {2}of busybox:latest\n/,
    );
    t.match(await cutaway.json('prune', '-a', '-f'), { images: [{}, {}] });
    t.same((await cutaway.json('images')).images, []);
    t.same(readdirSync(`${cutaway.paths.images}/blobs/sha256`), []);
    t.same(storeFaults(cutaway.paths), []);
  });

  await t.test('names and texts of an adversary', async (t) => {
    const cutaway = makeCutaway(t);
    const evil = 'x\x1b]0;owned\x07\u202ey\nz';
    const archive = buildDockerArchive([
      {
        layers: [buildLayer([{ path: 'a', content: 'a' }])],
        tags: ['evil:1'],
        config: { Labels: { [evil]: evil } },
        history: [{ created: evil, created_by: evil, comment: evil }],
      },
    ]);
    await cutaway.run(['load'], { input: archive });
    const faces = [
      ['history', '--no-trunc', 'evil:1'],
      ['history', '--format', '{{.CreatedBy}} {{.Comment}} {{.CreatedAt}}', 'evil:1'],
      ['images'],
      ['images', '--tree'],
      ['inspect', 'evil:1'],
      ['inspect', '-f', '{{.Config.Labels}}', 'evil:1'],
      ['inspect', '-f', '{{json .}}', 'evil:1'],
      ['prune', '-a', '--dry-run'],
    ];
    for (const face of faces) {
      const { status, stdout, stderr } = await cutaway.run(face);
      t.equal(status, 0, `${face.join(' ')} ${stderr}`);
      t.notMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\x7f\u202e]/, face.join(' '));
    }
  });

  await t.test('where a tar goes', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'hello-world');
    const { directory } = cutaway;
    for (const command of ['save', 'export']) {
      const script = ['-qec', `${cutaway.argv.join(' ')} ${command} hello-world`, '/dev/null'];
      const env = { ...process.env, CUTAWAY_DATA_ROOT: cutaway.dataRoot };
      const { status, stdout } = spawnSync('script', script, { env, encoding: 'utf8' });
      t.equal(status, 2, command);
      t.match(stdout, /a tar is nothing for a terminal/);
      const file = `${directory}/${command}.tar`;
      writeFileSync(file, 'old');
      await cutaway.text(command, '-o', file, 'hello-world');
      t.ok(
        readFileSync(file).equals((await cutaway.run([command, 'hello-world'])).bytes),
        'as on stdout',
      );
      t.match(await cutaway.run([command, '-o', directory, 'hello-world']), { status: 2 });
      t.match(await cutaway.run([command, '-o', `${directory}/no/where`, 'hello-world']), {
        status: 2,
      });
      t.match(await cutaway.run([command, '-o', file, 'nope']), { status: 2 });
      t.ok(readFileSync(file).length > 1000, 'a failure leaves what was there');
    }
    t.same(readdirSync(directory).sort(), ['export.tar', 'root', 'save.tar']);
    writeFileSync(`${directory}/text`, 'no tar at all');
    t.match(await cutaway.run(['import', `${directory}/text`]), { status: 2, stderr: /tar/ });
    t.match(await cutaway.run(['import', '-']), { status: 2, stderr: /stdin: it is empty/ });
    t.same(storeFaults(cutaway.paths), []);
  });

  await t.test('import from a URL', async (t) => {
    const cutaway = makeCutaway(t);
    const tar = buildLayer([{ path: 'file', content: 'from the net\n' }]);
    const server = createServer(({ url }, answer) => {
      if (url === '/root.tar') answer.end(tar);
      else if (url === '/there') answer.writeHead(302, { location: '/root.tar' }).end();
      else if (url === '/round') answer.writeHead(302, { location: '/round' }).end();
      else if (url === '/half') {
        answer.writeHead(200, { 'content-length': String(tar.length) });
        answer.write(tar.subarray(0, 700), () => answer.destroy());
      } else answer.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const url = (path: string) => `http://user:secret@127.0.0.1:${port}${path}`;
    await cutaway.text('import', url('/there').replace('user:secret@', ''), 'net:1');
    t.equal(await cutaway.text('cat', 'net:1', '/file'), 'from the net\n');
    for (const path of ['/round', '/half', '/none']) {
      const { status, stderr } = await cutaway.run(['import', url(path), 'net:2']);
      t.equal(status, 2, path);
      t.notMatch(stderr, /secret/, 'no password is told');
    }
    t.same((await cutaway.json('images')).images.length, 1);
    t.same(storeFaults(cutaway.paths), []);
  });

  await t.test('a blob that was changed is not saved', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'hello-world');
    const [digest = ''] = await digests(cutaway, 'hello-world');
    const blob = `${cutaway.paths.images}/blobs/sha256/${digest.slice(7)}`;
    const bytes = readFileSync(blob);
    bytes[600] = (bytes[600] ?? 0) ^ 1;
    writeFileSync(blob, bytes);
    const file = `${cutaway.directory}/x.tar`;
    const { status, stderr } = await cutaway.run(['save', '-o', file, 'hello-world']);
    t.equal(status, 2);
    t.match(stderr, /layer 1 .*sha256/);
    t.notOk(existsSync(file));
  });
}

const skip = cannotRun('runc', 'busybox', 'tar', 'script');
if (skip !== false) t.plan(0, skip);
else {
  await testCommit();
  await testLists();
}
