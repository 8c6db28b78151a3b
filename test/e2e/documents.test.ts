// Every question, as JSON, against the schema that the program itself publishes; the same bytes for
// the same input; and the other forms of the same answer.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { startRegistry } from '../support/registry.js';
import { schemaErrors } from '../support/schema-errors.js';

const skip = cannotRun('runc', 'busybox', 'skopeo', 'docker-registry');

/** A store with a running and a stopped container, and its image in three other forms. */
async function furnish(cutaway: Cutaway): Promise<readonly string[]> {
  const { directory, paths } = cutaway;
  await cutaway.text('run', '--name', 'still', 'busybox', 'sh', '-c', 'echo x > /x; rm /etc/motd');
  await cutaway.text('run', '-d', '--name', 'live', 'busybox', 'sleep', '600');
  const image = `oci:${paths.images}:docker.io/library/busybox:latest`;
  const copies = [
    `docker-archive:${directory}/docker.tar:busybox:1`,
    `oci-archive:${directory}/oci.tar:one`,
    `oci:${directory}/layout:one`,
  ];
  for (const copy of copies) execFileSync('skopeo', ['copy', '--quiet', image, copy]);
  return [
    `docker-archive:${directory}/docker.tar`,
    `oci-archive:${directory}/oci.tar:one`,
    `${directory}/layout`,
  ];
}

t.test('every document agrees with its schema', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const archives = await furnish(cutaway);
  const registry = await startRegistry(t);
  const both = ['still', 'live', 'busybox', 'busybox@2', 'cutaway:still'];
  const questions: readonly (readonly string[])[] = [
    ...[...both, ...archives].flatMap((target) => [
      ['layers', target],
      ['tree', target],
      ['tree', target, '/etc'],
      ['tree', '--sort', 'size', '--filter', '*o*', '--kind', 'file,symlink', target],
      ['tree', '--layer', '1', '--whiteouts', target],
      ['diff', target],
      ['diff', '--content', '--only', 'A,D', '--ignore', '/usr', target],
      ['inspect', target],
      ['blame', target, '/etc/motd'],
      ['recover', target],
      ['waste', target],
    ]),
    ...[...both, ...archives].map((target) => ['verify', target]),
    ['verify'],
    ['verify', '--layers'],
    ...both.map((target) => ['overlay', target]),
    ['tree', '--hash', 'still'],
    ['diff', 'still', 'live'],
    ['blame', 'still', '/'],
    ['blame', 'still', '/x'],
    ['recover', '--unique', '--path', 'etc', 'still'],
    ['waste', '--lowest-efficiency', '0.1', 'busybox'],
    ['diff', '--content', '--path', '/etc', 'busybox@1', 'still'],
    ['diff', 'busybox', 'busybox@1'],
    ['extract', '-C', `${cutaway.directory}/out`, 'still', '/etc', '/x', '/bin'],
    ['extract', '-C', `${cutaway.directory}/out`, '--layer', '3', archives[0] ?? '', '/usr'],
    ['diff', '--time', 'busybox@1', archives[0] ?? ''],
    ['procs'],
    ['procs', 'live'],
    ['procs', 'still'],
    ['procs', `pid:${process.pid}`],
    ['ns'],
    ['ns', 'live', 'still'],
    ['ns', '--all'],
    ['whose', cutaway.paths.overlay],
    ['ls'],
    ['ps', '-a'],
    ['images'],
    ['history', 'busybox'],
    ['history', archives[1] ?? ''],
    ['prune', '--dry-run', '-a'],
    ['doctor'],
    ['search', `${registry.host}/`],
  ];
  const schemas = new Map<string, object>();
  for (const question of questions) {
    const document = await cutaway.json(...question);
    const name = /^cutaway\/(\w+)\/v1$/.exec(document.schema)?.[1] ?? '';
    const schema = schemas.get(name) ?? (JSON.parse(await cutaway.text('schema', name)) as object);
    schemas.set(name, schema);
    t.same(schemaErrors(schema, document), [], question.join(' '));
    // The schema could have refused it.
    t.not(
      schemaErrors(schema, { ...document, surprise: 1 }).length,
      0,
      `${name} allows no other key`,
    );
    t.not(schemaErrors(schema, { ...document, problems: undefined }).length, 0);
  }
  const published = (await cutaway.text('schema')).trim().split('\n');
  t.same([...schemas.keys()].sort(), published, 'and every published document was asked for');
});

t.test('the same input gives the same bytes, but for what was collected', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const [archive = ''] = await furnish(cutaway);
  const questions = [
    ['layers', 'busybox'],
    ['layers', 'still'],
    ['layers', archive],
    ['overlay', 'still'],
    ['tree', 'still', '--hash'],
    ['tree', archive],
    ['diff', 'still'],
    ['diff', 'busybox@1', 'still'],
    ['blame', 'still', '/etc/motd'],
    ['recover', 'still'],
    ['waste', 'still'],
    ['inspect', 'still'],
    ['images'],
    ['schema', 'diff'],
  ];
  for (const question of questions) {
    const bytes = async () => {
      const text = await cutaway.text(...question, ...(question[0] === 'schema' ? [] : ['--json']));
      return text.replace(/"collected": \{[^}]*\}/, '');
    };
    const first = await bytes();
    await new Promise((resolve) => setTimeout(resolve, 15));
    t.equal(await bytes(), first, question.join(' '));
  }
});

t.test('the other forms say the same', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  await furnish(cutaway);
  const document = await cutaway.json('layers', 'busybox');

  const lines = (await cutaway.text('layers', 'busybox', '--format', 'jsonl')).trim().split('\n');
  const [frame, ...rows] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.same(rows, document.layers, 'jsonl has a row a line');
  t.equal(frame?.['schema'], 'cutaway/layers/v1');

  const table = await cutaway.text('layers', 'busybox');
  for (const layer of document.layers) {
    for (const digest of [layer.digest, layer.diffID, layer.chainID]) {
      t.ok(table.includes(String(digest).slice(7, 19)), `the table has ${String(digest)}`);
    }
    t.ok(table.includes(layer.command), `the table has ${String(layer.command)}`);
    t.ok(table.includes(layer.directory));
  }
  const whole = await cutaway.text('layers', 'busybox', '--no-trunc');
  t.ok(whole.includes(document.layers[0].digest), '--no-trunc has ids whole');

  const columns = await cutaway.text('layers', 'busybox', '--columns', 'index,size');
  const cells = columns
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/).map(Number));
  t.same(
    cells,
    document.layers.map((layer: { index: number; size: number }) => [layer.index, layer.size]),
  );
  const unknown = await cutaway.run(['layers', 'busybox', '--columns', 'nonsense']);
  t.equal(unknown.status, 2);
  t.match(unknown.stderr, /no column "nonsense"\n {2}there are .*digest/);

  const path = `${cutaway.directory}/answer.json`;
  t.equal(
    await cutaway.text('layers', 'busybox', '--json', '--output', path),
    '',
    'nothing on stdout',
  );
  t.same(JSON.parse(readFileSync(path, 'utf8')).layers, document.layers);

  const diff = await cutaway.json('diff', 'still');
  const changes = diff.changes.map(
    ({ kind, path }: { kind: string; path: string }) => `${kind} ${path}`,
  );
  t.same((await cutaway.text('diff', 'still')).trim().split('\n'), changes, 'a line a change');
  t.equal((await cutaway.run(['diff', 'still', '--exit-code'])).status, 1, 'a verdict');
  t.equal((await cutaway.run(['diff', 'live', '--exit-code'])).status, 0);
});

t.test(
  'colour only where a terminal wants it',
  { skip: skip || cannotRun('script') },
  async (t) => {
    const cutaway = makeCutaway(t);
    await furnish(cutaway);
    const escapes = /\x1b\[/;
    t.notMatch(await cutaway.text('diff', 'still'), escapes, 'a pipe');
    const onTerminal = (env: Record<string, string>, ...more: string[]) => {
      const command = [...cutaway.argv, 'diff', 'still', ...more]
        .map((word) => `'${word}'`)
        .join(' ');
      return execFileSync('script', ['-qfec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { ...process.env, TERM: 'xterm', CUTAWAY_DATA_ROOT: cutaway.dataRoot, ...env },
      });
    };
    t.match(onTerminal({ NO_COLOR: '' }), escapes, 'a terminal');
    t.notMatch(onTerminal({ NO_COLOR: '1' }), escapes, 'NO_COLOR');
    t.notMatch(onTerminal({ NO_COLOR: '' }, '--no-color'), escapes, '--no-color');
  },
);

t.test('a reader that leaves early is no error', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  await cutaway.text('run', '--rm', 'busybox', 'true');
  const command = `${[...cutaway.argv, 'tree', 'busybox'].map((word) => `'${word}'`).join(' ')} | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const output = execFileSync('bash', ['-c', command], {
    encoding: 'utf8',
    env: { ...process.env, CUTAWAY_DATA_ROOT: cutaway.dataRoot },
  });
  t.match(output, /^3 {2}d.*\n(0|141)\n$/);
  t.notOk(existsSync('core'));
});
