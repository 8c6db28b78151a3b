// The program under a watchdog and a meter: how it ended, how long it took, how large it grew.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Cutaway } from '../support/cli.js';

export interface Measured {
  readonly args: readonly string[];
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Of its own processor time, all threads together: a busy machine changes little of it. */
  readonly milliseconds: number;
  /** Largest resident set of its own, in KiB. */
  readonly peakMemory: number;
}

const WATCHDOG = 60_000;

// Preloaded into the program: getrusage(2) would count the memory of whoever started it as well.
const METER = `'use strict';
const { writeFileSync, readFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');
const file = process.env.CUTAWAY_TEST_METER;
delete process.env.CUTAWAY_TEST_METER;
if (isMainThread && file !== undefined) process.on('exit', () => {
  const memory = Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]);
  const { user, system } = process.cpuUsage();
  writeFileSync(file, JSON.stringify({ memory, milliseconds: (user + system) / 1000 }));
});
`;

interface Reading {
  readonly memory: number;
  readonly milliseconds: number;
}

const KILLED: Reading = { memory: 0, milliseconds: WATCHDOG };

function readMeter(file: string): Reading {
  return JSON.parse(readFileSync(file, 'utf8')) as Reading;
}

export interface Meter {
  run(args: readonly string[]): Promise<Measured>;
}

export function makeMeter(cutaway: Cutaway): Meter {
  const preload = `${cutaway.directory}/meter.cjs`;
  const file = `${cutaway.directory}/meter`;
  writeFileSync(preload, METER);
  const program = cutaway.argv.at(-1) ?? '';
  const environment = { ...process.env };
  delete environment['NODE_OPTIONS'];
  // Its certificates are the launcher's matter, which is left out here.
  delete environment['NODE_EXTRA_CA_CERTS'];
  const run = (args: readonly string[]): Promise<Measured> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--require', preload, '--', program, ...args], {
        env: { ...environment, CUTAWAY_DATA_ROOT: cutaway.dataRoot, CUTAWAY_TEST_METER: file },
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), WATCHDOG);
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', reject);
      child.on('close', (status, signal) => {
        clearTimeout(timer);
        const { memory: peakMemory, milliseconds } = signal === null ? readMeter(file) : KILLED;
        rmSync(file, { force: true });
        resolve({
          ...{ args, status, signal, milliseconds, peakMemory },
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr),
        });
      });
    });
  return { run };
}
