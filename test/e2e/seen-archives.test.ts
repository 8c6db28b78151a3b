// A second look at an archive that nobody has touched reads none of its layers; any touch does.
import { readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
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
