// Real processes for tests: started in a session of their own, ended by their own group.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RealProcess {
  readonly pid: number;
  readonly stop: () => void;
}

export function start(argv: readonly string[]): RealProcess {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: 'ignore', detached: true });
  const pid = child.pid ?? 0;
  return {
    pid,
    stop: () => {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    },
  };
}

/** Asks until there is an answer; fails after five seconds. */
export async function until<Value>(ask: () => Value | undefined): Promise<Value> {
  for (let round = 0; round < 250; round += 1) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await sleep(20);
  }
  throw new Error('waited five seconds for nothing');
}

/** Pids of all processes below `pid` whose command line is `command`. */
export function findBelow(pid: number, command: string): number | undefined {
  return listBelow(pid).find((one) => commandOf(one) === command);
}

export function listBelow(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(Number(name)));
  }
  const below = (one: number): boolean => {
    const parent = parents.get(one) ?? 0;
    return parent === pid || (parent > 1 && below(parent));
  };
  return [...parents.keys()].filter(below).sort((a, b) => a - b);
}

export function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1).join(' ');
  } catch {
    return '';
  }
}
