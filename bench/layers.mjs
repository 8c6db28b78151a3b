// The layer engine on an image of 974 MB in six layers, and on one of a million entries.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { quiet, run } from './engines.mjs';
import { filePath, USUAL_IMAGE, writeImage } from './image.mjs';
import { measure, median, peakMemory } from './measure.mjs';
import { compare, limited } from './table.mjs';

const COLD_ROUNDS = Number(process.env.CUTAWAY_BENCH_COLD_ROUNDS ?? 5);
const ROUNDS = Number(process.env.CUTAWAY_BENCH_ROUNDS ?? 21);
/** A file is remembered when it has not changed for so long. */
const SETTLED = 2500;

export async function benchLayers({ cutaway, place }) {
  const archive = `${place}/usual.tar`;
  const layout = `${place}/layout`;
  writeImage(archive, USUAL_IMAGE);
  const isThere = has('skopeo') && has('umoci');
  if (isThere) {
    run(['skopeo', 'copy', '--quiet', `docker-archive:${archive}`, `oci:${layout}:bench`], quiet);
  }
  benchCold({ cutaway, place, archive, layout: isThere ? layout : undefined });
  await sleep(SETTLED);
  benchWarm({ cutaway, place, archive, layout: isThere ? layout : undefined });
  await benchMillion({ cutaway, place });
  benchManyLayers({ cutaway, place });
}

/** Nothing is remembered: every byte is read, verified and indexed. */
function benchCold({ cutaway, place, archive, layout }) {
  const cold = [...cutaway, '--data-root', `${place}/none`, '--no-cache', 'layers'];
  const commands = new Map([
    ['archive', [...cold, archive]],
    ['openssl', ['openssl', 'dgst', '-sha256', archive]],
  ]);
  if (layout !== undefined) commands.set('layout', [...cold, layout]);
  const times = measure(commands, COLD_ROUNDS);
  compare('cold, docker-archive : `openssl dgst -sha256`', times, 'archive', 'openssl', 2);
  let round = 0;
  const slow = new Map();
  if (layout !== undefined) {
    slow.set('umoci', () => [
      'umoci',
      'unpack',
      '--image',
      `${layout}:bench`,
      `${place}/u${(round += 1)}`,
    ]);
  }
  const dive = buildDive(place);
  // Its status says whether the image passes; only the time is wanted.
  if (dive !== undefined)
    slow.set('dive', [
      'sh',
      '-c',
      'CI=true "$0" --source docker-archive "$1" >/dev/null; true',
      dive,
      archive,
    ]);
  for (const [name, seconds] of measure(slow, 2)) times.set(name, seconds);
  compare('cold, OCI layout with gzip : `umoci unpack`', times, 'layout', 'umoci', 0.35);
  compare('cold, docker-archive : `dive`', times, 'archive', 'dive', 0.25);
}

function benchWarm({ cutaway, place, archive, layout }) {
  const warm = [...cutaway, '--data-root', `${place}/warm`];
  const path = filePath(1, 1000);
  const commands = new Map([
    ['node', ['node', '-e', '0']],
    ['layers', [...warm, 'layers', archive]],
    ['tree', [...warm, 'tree', archive]],
    ['blame', [...warm, 'blame', archive, path]],
  ]);
  if (layout !== undefined) commands.set('cat', [...warm, 'cat', layout, path]);
  const times = measure(commands, ROUNDS);
  compare('warm, `layers` : `node -e 0`', times, 'layers', 'node', 3);
  compare('warm, `tree` : `node -e 0`', times, 'tree', 'node', 3);
  compare('warm, `blame` : `node -e 0`', times, 'blame', 'node', 3);
  compare('warm, `cat` from 250 MB of gzip : `node -e 0`', times, 'cat', 'node', 4);
}

async function benchMillion({ cutaway, place }) {
  const archive = `${place}/million.tar`;
  writeImage(archive, [{ megabytes: 200, entries: 1_000_000 }], 'million:1');
  await sleep(SETTLED);
  const look = [...cutaway, '--data-root', `${place}/million`, 'tree', archive, '/usr'];
  limited('a million entries, cold, peak memory', await peakMemory(look), 400, 'MiB');
  limited('the same, warm, `tree /usr` of a tenth', await peakMemory(look), 400, 'MiB');
  const part = [...look.slice(0, -1), '/usr/lib0/package-7'];
  const times = measure(
    new Map([
      ['tree', look],
      ['part', part],
    ]),
    5,
  );
  limited('the same, its time', median(times.get('tree')) * 1000, 1000, 'ms');
  limited('the same, of one directory', median(times.get('part')) * 1000, 1000, 'ms');
}

function benchManyLayers({ cutaway, place }) {
  const archive = `${place}/many.tar`;
  writeImage(
    archive,
    Array.from({ length: 500 }, () => ({ megabytes: 0.2, entries: 40 })),
    'many:1',
  );
  const times = measure(
    new Map([
      ['many', [...cutaway, '--no-cache', '--data-root', `${place}/none`, 'tree', archive]],
    ]),
    3,
  );
  limited('500 layers, cold, `tree`', median(times.get('many')) * 1000, 5000, 'ms');
}

/** The program people know, built where Go is on the machine; undefined elsewhere. */
function buildDive(place) {
  if (!has('go')) return undefined;
  mkdirSync(`${place}/go`, { recursive: true });
  const env = { ...process.env, GOBIN: `${place}/go` };
  const built = spawnSync('go', ['install', 'github.com/wagoodman/dive@v0.12.0'], { env });
  const program = `${place}/go/dive`;
  return built.status === 0 && existsSync(program) ? program : undefined;
}

function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], quiet).status === 0;
}
