// Side by side: the commands take turns, so that what the machine does meanwhile hits all alike.
import { spawnSync } from 'node:child_process';

/** Seconds of each run, by name, after one run that does not count. */
export function measure(commands, rounds) {
  const times = new Map([...commands.keys()].map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, argv] of commands) {
      const started = process.hrtime.bigint();
      const { status, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (status !== 0) throw new Error(`${name}: status ${status}: ${stderr}`);
      if (round >= 0) times.get(name).push(seconds);
    }
  }
  return times;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function milliseconds(seconds) {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
