// Starting: the program, a container, the questions of a small image.
import { quiet, preparePodman, run, startDocker } from './engines.mjs';
import { measure } from './measure.mjs';
import { compare } from './table.mjs';

const ROUNDS = Number(process.env.CUTAWAY_BENCH_ROUNDS ?? 21);
const empty = ['node', '-e', '0'];

/** `place`: an empty directory; `stops`: gets what must be stopped at the end. */
export async function benchStart({ cutaway, place, stops }) {
  const times = measure(
    new Map([
      ['node', empty],
      ['version', [...cutaway, '--version']],
      ['help', [...cutaway, '--help']],
    ]),
    ROUNDS,
  );
  compare('`cutaway --version` : `node -e 0`', times, 'version', 'node', 1.6);
  compare('`cutaway --help` : `node -e 0`', times, 'help', 'node');
  if (process.getuid() === 0) await benchRun({ cutaway, place, stops });
}

/** The same image, by its archive, in every engine. */
async function benchRun({ cutaway, place, stops }) {
  const ours = [...cutaway, '--data-root', `${place}/cutaway`];
  run([...ours, 'run', '--rm', 'busybox', 'true'], quiet);
  const archive = `${place}/busybox.tar`;
  const stored = `oci:${place}/cutaway/images:docker.io/library/busybox:latest`;
  run(['skopeo', 'copy', '--quiet', stored, `docker-archive:${archive}:busybox:latest`]);
  const wanted = ['run', '--rm', '--network', 'none', 'busybox', 'true'];
  const commands = new Map([
    ['node', empty],
    ['cutaway', [...ours, ...wanted]],
    ['layers', [...ours, 'layers', 'busybox']],
    ['tree', [...ours, 'tree', 'busybox']],
    ['ps', [...ours, 'ps', '-a']],
  ]);
  const engine = await startDocker(`${place}/docker`);
  if (engine !== undefined) {
    stops.push(engine.stop);
    run([...engine.docker, 'load', '-q', '-i', archive], quiet);
    commands.set('docker', [...engine.docker, ...wanted]);
  }
  const podman = preparePodman(`${place}/podman`);
  if (podman !== undefined) {
    run([...podman, 'load', '-q', '-i', archive], quiet);
    commands.set('podman', [...podman, ...wanted]);
    stops.push(() => run([...podman, 'system', 'reset', '--force'], quiet));
  }
  const times = measure(commands, ROUNDS);
  compare('`run --rm --network none busybox true` : docker', times, 'cutaway', 'docker', 0.6);
  compare('the same : podman (runc)', times, 'cutaway', 'podman', 0.9);
  compare('the same : `node -e 0`', times, 'cutaway', 'node');
  compare('`layers busybox` : `node -e 0`', times, 'layers', 'node');
  compare('`tree busybox` : `node -e 0`', times, 'tree', 'node');
  compare('`ps -a` : `node -e 0`', times, 'ps', 'node');
}
