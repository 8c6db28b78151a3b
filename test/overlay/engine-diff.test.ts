// Real engines are the oracle: what `docker diff` lists of a container, diffUpper lists.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { diffUpper, type Change } from '../../src/overlay/diff.js';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { host, whyNoOverlay } from './oracle/bench.js';
import { isInstalled, whyNoDocker } from '../support/docker.js';
import { openPodman, startDocker, type Engine } from './oracle/engines.js';
import { directoryName, makeRootfs } from './oracle/fixture-tree.js';
import { podmanChanges } from './oracle/podman-changes.js';
import { randomScript } from './oracle/random-script.js';
import {
  BASE_SCRIPTS,
  PODMAN_DIFFERS,
  PODMAN_STOPS,
  ROOT_SCRIPTS,
  SCRIPTS,
} from './oracle/scripts.js';

const SEQUENCES = 100;
const SEED = Number(host.environment['CUTAWAY_SEED'] ?? 20261121);

/** Random sequences by name; every second one has another, which made the lower layer, below it. */
function sequences(from: number, step: number, fileToDirectory: boolean): Record<string, string> {
  const scripts: Record<string, string> = {};
  for (let at = 0; at < SEQUENCES; at += step) {
    scripts[`random ${SEED + at}`] = randomScript(from + SEED + at, fileToDirectory);
  }
  return scripts;
}

const NAMES = [...Object.keys(SCRIPTS), ...Object.keys(sequences(0, 1, false))];

/** One script; what the last of them ends with does not matter. */
function inCopies(scripts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(scripts).map(
    ([name, script]) => `(cd /${directoryName(NAMES.indexOf(name))} && { ${script}; })`,
  );
  return [...lines, 'true'].join('\n');
}

/** An image of two layers, the upper one with whiteouts and opaque directories. */
function makeImage(engine: Engine, root: string): void {
  const rootfs = join(root, 'rootfs');
  fs.mkdirSync(rootfs);
  makeRootfs(rootfs, NAMES.length);
  execFileSync('tar', ['-C', rootfs, '--xattrs', '-cf', join(root, 'rootfs.tar'), '.']);
  engine.run('import', join(root, 'rootfs.tar'), 'base:1');
  const scripts = { ...BASE_SCRIPTS, ...sequences(1_000_000, 2, false) };
  runIn(engine, 'maker', 'base:1', inCopies(scripts));
  engine.run('commit', 'maker', 'test:1');
}

function runIn(engine: Engine, name: string, image: string, script: string): void {
  engine.run('run', '--network', 'none', '--name', name, image, 'sh', '-c', script);
}

function engineLines(engine: Engine, container: string): string[] {
  return engine.run('diff', container).split('\n').filter(Boolean).sort();
}

function ourChanges(engine: Engine, container: string): Change[] {
  const { lower, upper } = engine.directories(container);
  const index = (directory: string) => indexDirectory(host, directory);
  return diffUpper(mergeLayers(lower.toReversed().map(index)), index(upper));
}

function ourLines(changes: readonly Change[]): string[] {
  return changes.map(({ kind, path }) => `${kind} ${path}`).sort();
}

function below(lines: readonly string[], top: string): string[] {
  return lines.filter((line) => line.endsWith(top) || line.includes(`${top}/`));
}

async function withEngine(open: (root: string) => Promise<Engine>, use: (engine: Engine) => void) {
  // On a disk as engines are: on tmpfs Podman sees a directory changed that was only touched.
  const root = fs.mkdtempSync('/var/tmp/cutaway-engine-');
  const engine = await open(root);
  try {
    makeImage(engine, root);
    use(engine);
  } finally {
    await engine.stop();
    execFileSync('rm', ['-rf', '--one-file-system', root]);
  }
}

const needsDocker = whyNoDocker() ?? false;
const needsPodman = isInstalled('podman') ? false : 'podman is not installed';

t.test('docker diff', { skip: whyNoOverlay() ?? needsDocker }, async (t) => {
  await withEngine(startDocker, (engine) => {
    t.comment(`${SEQUENCES} sequences from seed ${SEED}`);
    runIn(engine, 'all', 'test:1', inCopies({ ...SCRIPTS, ...sequences(0, 1, true) }));
    const theirs = engineLines(engine, 'all');
    const ours = ourLines(ourChanges(engine, 'all'));
    for (const [at, name] of NAMES.entries()) {
      const top = `/${directoryName(at)}`;
      t.same(below(ours, top), below(theirs, top), name);
    }
    t.same(ours, theirs, 'everything, in one comparison');
    for (const [at, [name, script]] of Object.entries(ROOT_SCRIPTS).entries()) {
      runIn(engine, `root-${at}`, 'test:1', script);
      const changes = ourLines(ourChanges(engine, `root-${at}`));
      t.same(changes, engineLines(engine, `root-${at}`), name);
    }
    const options = ['--network', 'none', '-v', '/volume/deep', '-w', '/made/for/it'];
    engine.run(
      'run',
      '-d',
      '--name',
      'live',
      ...options,
      'test:1',
      'sh',
      '-c',
      'rm /etc/passwd; sleep 60',
    );
    t.same(ourLines(ourChanges(engine, 'live')), engineLines(engine, 'live'), 'while it runs');
    engine.run('rm', '-f', '-v', 'live');
  });
});

t.test(
  'podman diff, by its own rules and where it agrees with docker',
  { skip: whyNoOverlay() ?? needsPodman },
  async (t) => {
    const agreed = Object.entries(SCRIPTS).filter(([name]) => !PODMAN_DIFFERS.has(name));
    const open = (root: string) => Promise.resolve(openPodman(root));
    await withEngine(open, (engine) => {
      const scripts = Object.entries(SCRIPTS).filter(([name]) => !PODMAN_STOPS.has(name));
      const random = sequences(0, 1, false);
      runIn(engine, 'all', 'test:1', inCopies({ ...Object.fromEntries(scripts), ...random }));
      const theirs = engineLines(engine, 'all');
      const { lower, upper } = engine.directories('all');
      t.same(theirs, podmanChanges(lower, upper), 'by the rules of its driver');
      const ours = ourLines(ourChanges(engine, 'all'));
      for (const [name] of agreed) {
        const top = `/${directoryName(NAMES.indexOf(name))}`;
        t.same(below(ours, top), below(theirs, top), name);
      }
    });
  },
);
