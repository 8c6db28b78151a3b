// The explorer: until the first screen, from a key to what it paints, memory, and what it costs to
// leave it open; beside dive where that is here. Through a pty of script(1), whose cost is in all figures.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { quiet, run } from './engines.mjs';
import { writeImage } from './image.mjs';
import { measure } from './measure.mjs';
import { compare, limited } from './table.mjs';

const KEYS = 60;
const CONTAINERS = Number(process.env.CUTAWAY_BENCH_CONTAINERS ?? 50);
const DIVE = process.env.DIVE ?? 'dive';

export async function benchExplorer({ cutaway, place, stops }) {
  const [hundred, million] = [`${place}/hundred.tar`, `${place}/million.tar`];
  writeImage(hundred, [{ megabytes: 20, entries: 100_000 }]);
  writeImage(million, [{ megabytes: 200, entries: 1_000_000 }]);
  const ours = [...cutaway, '--data-root', `${place}/store`];
  const tui = (archive) => [...ours, 'tui', `docker-archive:${archive}`];

  for (const archive of [hundred, million]) run([...ours, 'layers', archive], quiet);
  const times = measure(new Map([['node', ['node', '-e', '0']]]), 9);
  times.set('first', await firstScreens(tui(hundred), 'Layers', 7));
  times.set('small', await firstScreens([...ours, 'tui'], 'Containers', 7));
  compare('first screen, Home : `node -e 0`', times, 'small', 'node', 4);
  compare('first screen of 100,000 entries, read before : `node -e 0`', times, 'first', 'node');

  const own = await keyTimes(tui(hundred), { ready: 'Layers', prepare: ['\t', '+'] });
  limited('a key, 100,000 rows unfolded, 95th percentile', percentile(own.times, 0.95), 50, 'ms');
  const big = await keyTimes(tui(million), { ready: 'Layers', prepare: ['\t', '+'] });
  limited(
    'a key, 1,000,000 rows unfolded, 95th percentile',
    percentile(big.times, 0.95),
    200,
    'ms',
  );
  limited('1,000,000 entries, peak memory', big.memory, 500, 'MiB');
  await benchDive({ times, archive: hundred, own });
  if (process.getuid() === 0) await benchIdle({ ours, stops });
}

async function benchDive({ times, archive, own }) {
  if (spawnSync(DIVE, ['--version'], quiet).status !== 0) return;
  const dive = [DIVE, `docker-archive://${archive}`];
  times.set('dive first', await firstScreens(dive, 'Layers', 3));
  compare('first screen of 100,000 entries : dive', times, 'first', 'dive first');
  const found = await keyTimes(dive, { ready: 'Layers', prepare: ['\t'] });
  times.set('key', own.times.map(toSeconds));
  times.set('dive key', found.times.map(toSeconds));
  compare('a key, 100,000 rows unfolded, median : dive', times, 'key', 'dive key');
  limited('100,000 entries, peak memory', own.memory, found.memory, 'MiB, that of dive');
}

const toSeconds = (milliseconds) => milliseconds / 1000;

/** A program on a pty: what it writes is counted, not looked at. */
function onTerminal(command) {
  const line = `stty cols 120 rows 40; exec ${command.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', CUTAWAY_ENGINES: 'cutaway' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let seen = '';
  let wake = () => undefined;
  child.stdout.on('data', (chunk) => {
    seen = (seen + chunk.toString('latin1')).slice(-20_000);
    wake();
  });
  const next = () =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return {
    child,
    shows: async (text) => {
      while (!seen.includes(text)) await Promise.race([next(), ended(child, text)]);
    },
    /** Milliseconds from the key to the first bytes after it. */
    press: async (key) => {
      const start = performance.now();
      const painted = next();
      child.stdin.write(key);
      await Promise.race([painted, sleep(30_000)]);
      return performance.now() - start;
    },
    end: async () => {
      child.stdin.write('\u0003');
      await Promise.race([new Promise((resolve) => child.once('close', resolve)), sleep(5000)]);
    },
  };
}

async function ended(child, text) {
  await sleep(120_000);
  child.kill();
  throw new Error(`the screen never shows "${text}"`);
}

async function firstScreens(command, text, rounds) {
  const seconds = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    const terminal = onTerminal(command);
    await terminal.shows(text);
    seconds.push((performance.now() - start) / 1000);
    await terminal.end();
  }
  return seconds;
}

/** Keys one after another, each after what the one before painted: down, page down, up. */
async function keyTimes(command, { ready, prepare }) {
  const terminal = onTerminal(command);
  await terminal.shows(ready);
  await sleep(2000);
  for (const key of prepare) {
    await terminal.press(key);
    await sleep(2500);
  }
  // Files are seen only where all is unfolded.
  await terminal.shows('file-');
  const times = [];
  for (let at = 0; at < KEYS; at += 1) {
    times.push(await terminal.press(['j', '\u001b[6~', 'k'][at % 3]));
    await sleep(60);
  }
  const memory = peakOf(terminal.child.pid);
  await terminal.end();
  return { times, memory };
}

/** MiB of the program below script(1): VmHWM of proc_pid_status(5). */
function peakOf(scriptPid) {
  const children = (pid) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const pids = [];
  for (let list = children(scriptPid); list.length > 0; list = list.flatMap(children)) {
    pids.push(...list);
  }
  const peaks = pids.map((pid) => {
    const [, kilobytes = '0'] =
      /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  });
  return Math.max(...peaks);
}

/** What Home costs while nobody presses a key and many containers run. */
async function benchIdle({ ours, stops }) {
  const names = Array.from({ length: CONTAINERS }, (_, at) => `idle${at}`);
  stops.push(() => {
    for (const name of names) spawnSync(ours[0], [...ours.slice(1), 'rm', '-f', name], quiet);
  });
  for (const name of names) {
    run(
      [...ours, 'run', '-d', '--network', 'none', '--name', name, 'busybox', 'sleep', '1000'],
      quiet,
    );
  }
  const terminal = onTerminal([...ours, 'tui']);
  await terminal.shows(`${CONTAINERS} running`);
  await sleep(5000);
  const before = processorSeconds(terminal.child.pid);
  await sleep(30_000);
  const used = processorSeconds(terminal.child.pid) - before;
  await terminal.end();
  limited(`left open with ${CONTAINERS} containers, share of a core`, (used / 30) * 100, 3, '%');
}

function processorSeconds(scriptPid) {
  const [pid] = readFileSync(`/proc/${scriptPid}/task/${scriptPid}/children`, 'utf8').split(' ');
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function percentile(values, share) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}
