// blame, recover and waste, asked of real images: as archives, loaded, and of a container that has
// changed things; the raw tars and a mount say what is right.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { indexOf } from '../support/index-layer.js';
import { buildDockerArchive } from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { layeredImage } from '../support/layered-image.js';
import { readTar } from '../support/read-tar.js';

type Json = ReturnType<typeof JSON.parse>;

function writeArchive({ directory }: Cutaway): string {
  const path = `${directory}/layered.tar`;
  writeFileSync(path, buildDockerArchive([{ layers: layeredImage(), tags: ['layered:1'] }]));
  return path;
}

/** Every file of every layer, by the raw tars: "1 /etc/passwd". */
function storedFiles(): Map<string, string> {
  return new Map(
    layeredImage().flatMap((tar, at) =>
      readTar(tar)
        .entries.filter(({ name, type }) => type === 'file' && !name.includes('.wh.'))
        .map(({ name, sha256 }): [string, string] => [`${at + 1} /${name}`, sha256]),
    ),
  );
}

t.test(
  'recover: all files that no mount of the image shows',
  { skip: cannotRun('runc', 'busybox') },
  async (t) => {
    const cutaway = makeCutaway(t);
    const archive = writeArchive(cutaway);
    await cutaway.text('load', archive);
    const stored = storedFiles();
    const tree = await cutaway.json('tree', 'layered:1');
    for (const { path, type, layer } of tree.entries as Json[]) {
      if (type === 'file')
        t.ok(stored.delete(`${String(layer)} ${String(path)}`) || path === '/hard2');
    }
    for (const target of [archive, 'layered:1']) {
      const { entries, totals } = await cutaway.json('recover', target);
      const files = (entries as Json[]).filter(({ type }) => type === 'file');
      t.same(
        files.map(({ layer, path }) => `${String(layer)} ${String(path)}`).sort(),
        [...stored.keys()].sort(),
        `${target}: those and no others`,
      );
      for (const { layer, path, sha256 } of files) {
        t.equal(sha256, stored.get(`${String(layer)} ${String(path)}`), path as string);
      }
      t.equal(totals.files, files.length);
      t.equal(
        totals.size,
        files.reduce((sum: number, { size }) => sum + Number(size), 0),
      );
      const fates = (entries as Json[]).map(({ fate }) => fate === 'deleted');
      t.same(
        fates,
        fates.toSorted((a, b) => Number(b) - Number(a)),
        'deleted ones first',
      );
    }
  },
);

t.test('recover: what is still there, and what is asked for', async (t) => {
  const cutaway = makeCutaway(t);
  const archive = writeArchive(cutaway);
  const { entries, layers, totals } = await cutaway.json('recover', archive);
  const find = (layer: number, path: string): Json =>
    (entries as Json[]).find((entry) => entry.layer === layer && entry.path === path);
  t.match(find(1, '/moved/a'), { fate: 'deleted', goneIn: 2, by: '/moved/a', stillAt: '/moved/b' });
  t.match(find(1, '/opt/tool/bin'), {
    fate: 'deleted',
    goneIn: 3,
    by: '/opt/tool',
    stillAt: '/opt/tool/bin',
  });
  t.match(find(1, '/usr/lib/a.so'), { fate: 'hidden', goneIn: 2, by: '/usr/lib', size: 1000 });
  t.match(find(1, '/swap/in'), { fate: 'replaced', goneIn: 3, by: '/swap' });
  t.match(find(2, '/etc/passwd'), { fate: 'overwritten', stillAt: '/etc/passwd', mode: '0644' });
  t.match(find(1, '/hard'), { fate: 'overwritten', stillAt: '/hard2' }, 'its other name lives');
  t.match(find(1, '/opt/tool'), { type: 'directory', fate: 'deleted' });
  t.match(find(1, '/soft'), { type: 'symlink', linkTarget: 'etc/passwd', fate: 'overwritten' });
  t.equal(find(1, '/etc/secret').stillAt, undefined);
  t.equal(find(1, '/etc/secret').command, 'step 2');
  t.equal(layers[1].command, 'step 2');
  t.equal(
    find(1, '/etc/secret').get,
    `cutaway cat docker-archive:${archive} /etc/secret --layer 1`,
  );

  const unique = await cutaway.json('recover', '--unique', archive);
  t.notOk(
    (unique.entries as Json[]).some(
      ({ stillAt, type }) => stillAt !== undefined || type !== 'file',
    ),
  );
  t.same(unique.totals.unique, totals.unique);
  t.equal(unique.totals.files, totals.unique.files);
  const paths = async (...options: string[]) =>
    ((await cutaway.json('recover', archive, ...options)).entries as Json[]).map(
      ({ layer, path }) => `${String(layer)} ${String(path)}`,
    );
  t.same(await paths('--path', '/etc', '--layer', '2'), ['2 /etc/passwd']);
  t.same(await paths('--path', '*.so'), ['1 /usr/lib/a.so', '1 /usr/lib/b.so']);
  t.same(await paths('--path', 'nothing'), []);
  t.same((await cutaway.json('recover', `${archive}@1`)).entries, [], 'one layer has lost nothing');
  const wrong = await cutaway.run(['recover', archive, '--layer', '5']);
  t.match(wrong, { status: 2, stderr: /there is no layer 5: there are 4/ });

  const table = await cutaway.text('recover', archive);
  for (const { layer, goneIn, fate, path } of entries as Json[]) {
    t.match(
      table,
      new RegExp(
        `^ *${String(layer)} .*${String(fate)} in ${String(goneIn)} +${String(path)}`,
        'm',
      ),
    );
  }
  t.match(table, '/moved/a  = /moved/b');
});

t.test('blame: a life for each path of the image', async (t) => {
  const cutaway = makeCutaway(t);
  const archive = writeArchive(cutaway);
  const kinds = async (path: string) =>
    ((await cutaway.json('blame', archive, path)).events as Json[]).map(
      ({ layer, kind }) => `${String(layer)} ${String(kind)}`,
    );
  t.same(await kinds('/etc/passwd'), ['1 added', '2 changed', '4 changed']);
  t.same(await kinds('etc//secret/'), ['1 added', '2 deleted', '3 remade']);
  t.same(await kinds('/etc/same'), ['1 added', '2 repeated']);
  t.same(await kinds('/flip'), ['1 added', '2 replaced']);
  t.same(await kinds('/opt/tool/bin'), ['1 added', '3 deleted', '4 remade']);
  t.same(await kinds('/usr/lib/a.so'), ['1 added', '2 hidden']);
  t.same(await kinds('/swap/in'), ['1 added', '3 hidden']);
  t.same(await kinds('/tmp/x'), ['1 added', '4 deleted']);
  const passwd = await cutaway.json('blame', archive, '/etc/passwd');
  t.equal(passwd.visible, 4);
  t.same(
    (passwd.events as Json[]).map(({ visible }) => Boolean(visible)),
    [false, false, true],
  );
  const layers = (await cutaway.json('layers', archive)).layers as Json[];
  for (const { layer, digest, diffID, createdBy, createdAt } of passwd.events as Json[]) {
    const { index, ...facts } = layers[layer - 1];
    t.match(facts, { digest, diffID, createdBy, createdAt }, `layer ${String(index)}`);
  }
  t.equal(passwd.events[0].entry.sha256, createHash('sha256').update('root\n').digest('hex'));
  const gone = await cutaway.json('blame', archive, '/tmp/x');
  t.equal(gone.visible, undefined);
  t.same(gone.events[1].by, { path: '/tmp', what: 'whiteout' });
  const never = await cutaway.run(['blame', archive, '/never']);
  t.match(never, { status: 2, stdout: '', stderr: /no layer has "\/never"/ });
  t.equal((await cutaway.run(['blame', `${archive}@1`, '/flip/y'])).status, 2);

  const face = await cutaway.text('blame', archive, '/etc/passwd');
  t.equal(
    face,
    `/etc/passwd · layered:1 · 4 layers · there, from layer 4

  4  ●  changed mode           step 4
     │  -rw-------  0:0  10 B  sha256 ${passwd.events[2].entry.sha256.slice(0, 12) as string}  layer of 2023-11-14
     │  layer 3 leaves it as it is
  2  ○  changed content, size  step 2
     │  -rw-r--r--  0:0  10 B  sha256 ${passwd.events[1].entry.sha256.slice(0, 12) as string}  layer of 2023-11-14
  1  ○  added                  step 1
     │  -rw-r--r--  0:0  5 B  sha256 ${passwd.events[0].entry.sha256.slice(0, 12) as string}  layer of 2023-11-14
`,
  );
  const lines = (await cutaway.text('blame', archive, '/etc/passwd', '--format', 'jsonl')).trim();
  t.same(
    lines
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line)),
    passwd.events,
  );
  t.match(
    await cutaway.text('blame', archive, '/tmp/x', '--columns', 'layer,kind'),
    /^LAYER +KIND\n1 +added\n4 +deleted\n$/,
  );
});

t.test(
  'blame and recover: what a container has done',
  { skip: cannotRun('runc', 'busybox') },
  async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text(
      'run',
      '--name',
      'web',
      'busybox',
      'sh',
      '-c',
      'rm /etc/motd; echo n > /new; rm -r /usr/share/doc; mkdir /usr/share/doc',
    );
    const motd = await cutaway.json('blame', 'web', '/etc/motd');
    t.match(motd.events.at(-1), { role: 'upper', kind: 'deleted' });
    t.equal(motd.visible, undefined);
    t.match((await cutaway.json('blame', 'web', '/new')).events, [
      { role: 'upper', kind: 'added', visible: true },
    ]);
    t.match((await cutaway.json('blame', 'web', '/usr/share/doc')).events.at(-1), { opaque: true });
    const { entries, layers } = await cutaway.json('recover', 'web');
    const upper = layers.length as number;
    t.equal(layers[upper - 1].role, 'upper');
    const lost = (entries as Json[]).filter(({ goneIn }) => goneIn === upper);
    t.same(
      lost.map(({ path, fate }) => `${String(path)} ${String(fate)}`),
      ['/etc/motd deleted', '/usr/share/doc/layers.txt hidden'],
    );
    t.match(await cutaway.text('recover', 'web'), /deleted in upper +\/etc\/motd/);
    t.match(await cutaway.text('blame', 'web', '/etc/motd'), /^ +upper {2}╳ {2}deleted/m);
  },
);

t.test('waste: figures, tables, verdict', async (t) => {
  const cutaway = makeCutaway(t);
  const archive = writeArchive(cutaway);
  const document = await cutaway.json('waste', archive);
  const { totals, dive, layers, paths } = document;
  const tars = await Promise.all(layeredImage().map((tar) => indexOf(tar)));
  const stored = tars.map(({ entries }) =>
    entries.reduce(
      (sum, entry) =>
        sum + (entry.marker === 'ordinary' && entry.hardLinkTo === undefined ? entry.size : 0),
      0,
    ),
  );
  t.same(
    (layers as Json[]).map(({ size }) => Number(size)),
    stored,
  );
  const tree = await cutaway.json('tree', archive);
  // /hard is another file now: the bytes of its second name are those of the first layer's.
  t.equal(totals.visible, tree.totals.contentSize);
  t.equal(
    totals.size,
    stored.reduce((sum, size) => sum + size, 0),
  );
  t.equal(totals.wasted, totals.size - totals.visible);
  t.equal(totals.efficiency, totals.visible / totals.size);
  t.equal(
    (paths as Json[]).reduce((sum: number, { wasted }) => sum + Number(wasted), 0),
    totals.wasted,
  );
  t.match(paths[0], {
    path: '/opt/tool/bin',
    wasted: 3000,
    versions: 2,
    layers: [1, 4],
    visible: 4,
  });
  t.match(dive, { efficiency: 0.564626753396168, wastedBytes: 14859 }, 'as dive says');
  t.equal(document.rules, undefined);
  t.match(await cutaway.text('waste', archive), /^ +3 kB +2 +1 →4 +\/opt\/tool\/bin$/m);

  const judge = async (...options: string[]) => {
    const { status, stdout } = await cutaway.run(['waste', archive, ...options], {
      cwd: cutaway.directory,
    });
    const lines = stdout.split('\n').filter((line) => /^(PASS|FAIL|SKIP)/.test(line));
    return `${String(status)} ${lines.map((line) => line.slice(0, 4)).join(' ')}`;
  };
  t.equal(await judge(), '0 ');
  t.equal(await judge('--ci'), '1 FAIL SKIP FAIL', 'the defaults of dive');
  t.equal(await judge('--lowest-efficiency', '0.5'), '0 PASS SKIP SKIP');
  t.equal(await judge('--highest-wasted-bytes', '14.8kB'), '1 SKIP FAIL SKIP');
  writeFileSync(
    `${cutaway.directory}/.dive-ci`,
    '# thresholds\nrules:\n  lowestEfficiency: 0.50\n  highestWastedBytes: "15KB"\n  highestUserWastedPercent: disabled\n',
  );
  t.equal(await judge('--ci'), '0 PASS PASS SKIP');
  t.equal(await judge('--ci', '--lowest-efficiency', '0.99'), '1 FAIL PASS SKIP', 'a flag wins');
  writeFileSync(`${cutaway.directory}/other`, 'rules: {highestWastedBytes: 1}\n');
  t.equal(await judge('--ci-config', 'other'), '1 FAIL FAIL FAIL');
  const run = async (...options: string[]) =>
    await cutaway.run(['waste', archive, ...options], { cwd: cutaway.directory });
  t.match(await run('--ci-config', 'missing'), { status: 2, stderr: /missing/ });
  writeFileSync(`${cutaway.directory}/broken`, 'rules: {a: [\n');
  t.match(await run('--ci-config', 'broken'), {
    status: 2,
    stderr: /^cutaway waste: read broken: /,
  });
  t.match(await run('--lowest-efficiency', 'good'), {
    status: 2,
    stderr: /is a ratio from 0 to 1/,
  });
  const judged = JSON.parse((await run('--ci', '--json')).stdout);
  t.same(judged.rules, [
    { rule: 'lowestEfficiency', status: 'PASS', threshold: 0.5, actual: dive.efficiency },
    { rule: 'highestWastedBytes', status: 'PASS', threshold: 15000, actual: 14859 },
    { rule: 'highestUserWastedPercent', status: 'SKIP', actual: dive.userWastedPercent },
  ]);
});
