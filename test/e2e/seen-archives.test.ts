// A second look at an archive that nobody has touched reads none of its layers; any touch does.
import { readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { formatSeekPoints, parseSeekPoints } from '../../src/image/seek-points-file.js';
import type { Digest } from '../../src/oci/digest.js';
import { buildDockerArchive, buildLayer, buildOciLayout, sha256 } from '../support/build-image.js';
import { makeCutaway } from '../support/cli.js';

const settled = () => new Promise((resolve) => setTimeout(resolve, 2100));

t.test('the second look', async (t) => {
  const cutaway = makeCutaway(t);
  const file = `${cutaway.directory}/big.tar`;
  const layer = buildLayer([
    { path: 'etc/', mode: 0o755 },
    { path: 'etc/big', content: randomBytes(2 << 20) },
    { path: 'etc/small', content: 'small' },
  ]);
  writeFileSync(file, buildDockerArchive([{ layers: [layer], tags: ['big:1'] }]));
  const seen = `${cutaway.dataRoot}/seen`;
  const look = async (...options: string[]) => {
    const document = (await cutaway.json(...options, 'tree', file)) as Record<string, unknown>;
    delete document['collected'];
    return document;
  };
  await look();
  t.throws(() => readdirSync(seen), 'what was written a moment ago is not kept');
  await settled();
  await look('--no-cache');
  t.throws(() => readdirSync(seen), 'nor what nobody wants kept');
  const first = await look();
  const [name = ''] = readdirSync(seen).filter((entry) => entry.endsWith('.json'));
  t.not(name, '', 'the first look is kept');
  t.same(await look(), first, 'the second says the same');

  const path = `${seen}/${name}`;
  const record = readFileSync(path, 'utf8');
  writeFileSync(path, record.replace(/"entries":\d+/, '"entries":77'));
  const entries = async (...options: string[]) =>
    ((await cutaway.json(...options, 'layers', file)) as { layers: { entries: number }[] })
      .layers[0]?.entries;
  t.equal(await entries(), 77, 'it is what was kept that is shown');
  t.equal(await entries('--no-cache'), 3);
  writeFileSync(path, record);

  const index = path.replace(/json$/, 'index');
  const bytes = readFileSync(index);
  writeFileSync(index, bytes.subarray(0, 100));
  t.same(await look(), first, 'a damaged record is as good as none');

  const before = statSync(file);
  const touched = readFileSync(file);
  const at = touched.indexOf('small', touched.indexOf('etc/small') + 20);
  touched.write('SMALL', at);
  writeFileSync(file, touched);
  utimesSync(file, before.atime, before.mtime);
  const outcome = await cutaway.run(['tree', file]);
  t.equal(outcome.status, 2, 'a byte changed and the time put back: it is read again');
  t.match(outcome.stderr, /digest/);
  rmSync(seen, { recursive: true });
});

t.test('a store that cannot be written is no reason to fail', async (t) => {
  const cutaway = makeCutaway(t);
  const file = `${cutaway.directory}/big.tar`;
  const layer = buildLayer([{ path: 'big', content: randomBytes(2 << 20) }]);
  writeFileSync(file, buildDockerArchive([{ layers: [layer], tags: ['big:1'] }]));
  await settled();
  const outcome = await cutaway.run(['--data-root', '/proc/nobody/here', 'layers', file]);
  t.equal(outcome.status, 0, outcome.stderr);
  t.equal(outcome.stderr, '');
});

t.test('a file is read from the nearest seek point on', async (t) => {
  const cutaway = makeCutaway(t);
  const layout = `${cutaway.directory}/layout`;
  const layer = buildLayer([
    { path: 'big', content: randomBytes(6 << 20).toString('hex') },
    { path: 'last', content: 'the end\n' },
  ]);
  buildOciLayout(layout, [{ layers: [layer] }]);
  const digest = sha256(gzipSync(layer)) as Digest;
  await settled();
  const cat = (...options: string[]) => cutaway.run([...options, 'cat', layout, '/last']);
  t.equal((await cat()).stdout, 'the end\n');

  const seen = `${cutaway.dataRoot}/seen`;
  const [name = ''] = readdirSync(seen).filter((entry) => entry.endsWith('.points'));
  const { points } = parseSeekPoints(readFileSync(`${seen}/${name}`), digest);
  t.ok(points.length > 1, 'there are some in the middle');
  // Nothing but reading from a point can tell that it is wrong.
  const wrong = points.map((point) => ({ ...point, output: point.output - 1 }));
  writeFileSync(`${seen}/${name}`, formatSeekPoints({ digest, points: wrong }));
  const outcome = await cat();
  t.equal(outcome.status, 2);
  t.match(outcome.stderr, /"\/last"/);
  t.equal((await cat('--no-cache')).stdout, 'the end\n');
});
