// The import table of docs/ARCHITECTURE.md, held against the imports in src/.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import t from 'tap';

/** Who may import whom; a folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  oci: [],
  host: ['oci'],
  image: ['oci', 'host'],
  ns: ['oci', 'host'],
  overlay: ['oci', 'host', 'image'],
  runtime: ['oci', 'host', 'image', 'overlay', 'ns'],
  engines: ['oci', 'host', 'image', 'overlay', 'ns', 'runtime/store'],
  inspect: ['oci', 'host', 'image', 'overlay', 'ns', 'engines'],
  report: ['inspect/documents', 'oci/error'],
  tui: ['inspect', 'report'],
  cli: ['oci', 'host', 'image', 'overlay', 'ns', 'runtime', 'engines', 'inspect', 'report', 'tui'],
};

/** What `host` may take from the vocabulary: the error, and names as bytes. */
const HOST_FROM_OCI = ['oci/error.ts', 'oci/byte-name.ts', 'oci/problem.ts'];

/** Packages and built-in modules that are used in these folders and nowhere else. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  koffi: ['host'],
  'node:fs': ['host'],
  'node:fs/promises': [],
  'node:child_process': ['host'],
  'node:os': ['host'],
  'node:net': ['host'],
  'node:http': ['host'],
  'node:https': ['host'],
  'node:tls': ['host'],
  'node:worker_threads': ['overlay'],
  yargs: ['cli'],
  'yargs-parser': ['cli'],
  'blessed/lib/program.js': ['tui'],
  chalk: ['report'],
  'cli-table3': ['report'],
  typebox: ['inspect'],
  yaml: ['cli'],
  diff: ['inspect'],
  fzstd: ['image'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\('([^']+)'\)/g;
const imports = files.flatMap((from): Import[] =>
  [...readFileSync(join('src', from), 'utf8').matchAll(IMPORT)].map((match) => {
    const named = match[2] ?? match[3] ?? '';
    const to = named.startsWith('.')
      ? normalize(join(dirname(from), named)).replace(/\.js$/, '.ts')
      : named;
    return { from, to, typeOnly: match[1] !== undefined };
  }),
);
const folder = (file: string) => file.slice(0, file.indexOf('/'));

t.test('imports were found, and what they name exists', (t) => {
  t.ok(files.length > 50, `${files.length} files`);
  const known = new Set(files);
  const lost = imports.filter(({ to }) => to.endsWith('.ts') && !known.has(to));
  t.same(lost, [], 'every relative import names a file');
  t.same(
    [...new Set(files.map(folder))].filter((name) => !(name in MAY_IMPORT)),
    [],
  );
  t.end();
});

t.test('every import is in the table', (t) => {
  const allowed = ({ from, to }: Import) => {
    const [own, other] = [folder(from), folder(to)];
    if (own === other) return true;
    if (own === 'host' && other === 'oci') return HOST_FROM_OCI.includes(to);
    return (MAY_IMPORT[own] ?? []).some((room) => to === `${room}.ts` || to.startsWith(`${room}/`));
  };
  const wrong = imports.filter((one) => one.to.endsWith('.ts') && !allowed(one));
  t.same(wrong, []);
  t.end();
});

t.test('packages stay in their rooms', (t) => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const rooms = ONLY_IN[to];
    return (
      rooms !== undefined && !rooms.includes(folder(from)) && !(typeOnly && to.startsWith('node:'))
    );
  });
  t.same(wrong, []);
  t.end();
});

t.test('the process and the console are touched at the edges only', (t) => {
  const touching = files.filter((name) => {
    if (['host', 'cli'].includes(folder(name)) || name === 'runtime/shim.ts') return false;
    const text = readFileSync(join('src', name), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    return /\bprocess\.(?:env|argv|exit|stdout|stderr|stdin|cwd)\b|\bconsole\.|Date\.now\(/.test(
      text,
    );
  });
  t.same(touching, []);
  t.end();
});

t.test('no cycles', (t) => {
  const edges = new Map<string, string[]>();
  // What is imported for its type alone is gone when the program runs.
  for (const { from, to } of imports.filter(
    ({ to, typeOnly }) => to.endsWith('.ts') && !typeOnly,
  )) {
    edges.set(from, [...(edges.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]) => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
    if (trail.includes(file) || done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  t.same(cycles, []);
  t.end();
});

t.test('docs/ARCHITECTURE.md has the same table', (t) => {
  const page = readFileSync('docs/ARCHITECTURE.md', 'utf8');
  for (const [room, others] of Object.entries(MAY_IMPORT)) {
    const row = new RegExp(`^\\| \`${room}\` +\\| ([^|]*)\\|$`, 'm').exec(page)?.[1] ?? '';
    const named = [...row.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
    t.same(named, others, room);
  }
  t.end();
});
