// Side by side: the commands take turns, so that what the machine does meanwhile hits all alike.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Seconds of each run, by name, after one run that does not count where `warm` says so. A command is
 * an argv, or a function that makes a new one for each run.
 */
export function measure(commands, rounds, { warm = true } = {}) {
  const times = new Map([...commands.keys()].map((name) => [name, []]));
  for (let round = warm ? -1 : 0; round < rounds; round += 1) {
    for (const [name, command] of commands) {
      const argv = typeof command === 'function' ? command() : command;
      const started = process.hrtime.bigint();
      const { status, stderr } = spawnSync(argv[0], argv.slice(1), {
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 1 << 30,
      });
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (status !== 0) throw new Error(`${name}: status ${status}: ${stderr}`);
      if (round >= 0) times.get(name).push(seconds);
    }
  }
  return times;
}

/** The most memory that a command had, in MiB: VmHWM of proc_pid_status(5), asked again and again. */
export async function peakMemory(argv) {
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, highWater(child.pid));
  }, 5);
  const status = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}`);
  return peak;
}

function highWater(pid) {
  try {
    const [, kilobytes = '0'] =
      /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function milliseconds(seconds) {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
