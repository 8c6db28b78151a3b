// npm run bench: what a user waits for, as a ratio to what people use today, in one run.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { preparePodman, quiet, run, startDocker } from './engines.mjs';
import { measure, median, milliseconds } from './measure.mjs';

const ROUNDS = Number(process.env.CUTAWAY_BENCH_ROUNDS ?? 21);
// Where these are set, Node parses them at every start; the program's launcher spares itself that, and
// a ratio to `node -e 0` would be in our favour.
delete process.env.NODE_EXTRA_CA_CERTS;
const place = mkdtempSync(join(tmpdir(), 'cutaway-bench-'));
const cutaway = [resolve('bin/cutaway.js')];
const ours = [...cutaway, '--data-root', `${place}/cutaway`];
const lines = [];

/** `limit`: the most that the ratio may be; absent where a figure is only told. */
function compare(title, times, name, against, limit) {
  if (!times.has(name) || !times.has(against)) {
    lines.push(`| ${title} | - | - | - | ${limit ?? ''} | left out: ${against} is not here |`);
    return;
  }
  const [own, other] = [median(times.get(name)), median(times.get(against))];
  const ratio = own / other;
  const verdict = limit === undefined ? '' : ratio <= limit ? 'holds' : 'MISSED';
  const cells = [
    title,
    milliseconds(own),
    milliseconds(other),
    ratio.toFixed(2),
    limit ?? '',
    verdict,
  ];
  lines.push(`| ${cells.join(' | ')} |`);
}

const stops = [];
try {
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, Linux ${release()}`);
  const empty = ['node', '-e', '0'];
  const start = measure(
    new Map([
      ['node', empty],
      ['version', [...cutaway, '--version']],
      ['help', [...cutaway, '--help']],
    ]),
    ROUNDS,
  );
  compare('`cutaway --version` : `node -e 0`', start, 'version', 'node', 1.6);
  compare('`cutaway --help` : `node -e 0`', start, 'help', 'node');
  if (process.getuid() === 0) await benchRun(empty);
} finally {
  for (const stop of stops) await stop();
  rmSync(place, { recursive: true, force: true });
}
console.log('\n| what | cutaway | other | ratio | at most | |\n|---|---:|---:|---:|---:|---|');
for (const line of lines) console.log(line);
if (lines.some((line) => line.includes('MISSED'))) process.exitCode = 1;

/** The same image, by its archive, in every engine. */
async function benchRun(empty) {
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
