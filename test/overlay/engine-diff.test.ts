// Real engines are the oracle: what `docker diff` lists of a container, diffUpper lists.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { diffUpper, type Change } from '../../src/overlay/diff.js';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { host, whyNoOverlay } from './oracle/bench.js';
import { isInstalled, whyNoDocker } from '../support/docker.js';
import { openPodman, startDocker, type Engine } from './oracle/engines.js';
import { directoryName, makeRootfs } from './oracle/fixture-tree.js';
import { BASE_SCRIPTS, PODMAN_DIFFERS, ROOT_SCRIPTS, SCRIPTS } from './oracle/scripts.js';

const NAMES = Object.keys(SCRIPTS);

function inCopies(scripts: Readonly<Record<string, string>>): string {
  return Object.entries(scripts)
    .map(([name, script]) => `(cd /${directoryName(NAMES.indexOf(name))} && { ${script}; })`)
    .join('\n');
}

/** An image of two layers, the upper one with whiteouts and opaque directories. */
function makeImage(engine: Engine, root: string): void {
  const rootfs = join(root, 'rootfs');
  fs.mkdirSync(rootfs);
  makeRootfs(rootfs, NAMES.length);
  execFileSync('tar', ['-C', rootfs, '--xattrs', '-cf', join(root, 'rootfs.tar'), '.']);
  engine.run('import', join(root, 'rootfs.tar'), 'base:1');
  runIn(engine, 'maker', 'base:1', inCopies(BASE_SCRIPTS));
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
  const root = fs.mkdtempSync(join(os.tmpdir(), 'cutaway-engine-'));
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
    runIn(engine, 'all', 'test:1', inCopies(SCRIPTS));
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
  'podman diff, where it agrees with docker',
  { skip: whyNoOverlay() ?? needsPodman },
  async (t) => {
    const agreed = Object.entries(SCRIPTS).filter(([name]) => !PODMAN_DIFFERS.has(name));
    const open = (root: string) => Promise.resolve(openPodman(root));
    await withEngine(open, (engine) => {
      runIn(engine, 'all', 'test:1', inCopies(Object.fromEntries(agreed)));
      const theirs = engineLines(engine, 'all');
      const ours = ourLines(ourChanges(engine, 'all'));
      for (const [name] of agreed) {
        const top = `/${directoryName(NAMES.indexOf(name))}`;
        t.same(below(ours, top), below(theirs, top), name);
      }
    });
  },
);
