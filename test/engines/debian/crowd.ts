// A container with all kinds of processes in it, and what the machine itself says of them.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { eventually } from '../../support/cli.js';
import { LAYERS } from '../../support/debian-image.js';
import type { World } from './world.js';

/** Background jobs, another user, another session, a niced one, one whose parent has ended. */
export const CROWD_SCRIPT = [
  'sleep 1001 &',
  'nice -n 5 setpriv --reuid=33 --regid=33 --clear-groups sleep 1002 &',
  'setsid sh -c "sleep 1003 & wait" &',
  '(sh -c "sleep 1004 & exec true")',
  'cp /bin/sleep /tmp/gone && { /tmp/gone 1005 & } && sleep 0.3 && rm /tmp/gone',
  'wait',
].join('\n');

export interface Crowd {
  readonly name: string;
  readonly id: string;
  readonly init: number;
  /** The nsenter that came in from outside and into the cgroup. */
  readonly entered: number;
  end(): Promise<void>;
}

export async function gatherCrowd({ cutaway }: World): Promise<Crowd> {
  const name = 'crowd';
  const id = await cutaway.line('run', '-d', '--name', name, LAYERS, 'sh', '-c', CROWD_SCRIPT);
  // As runc wrote it down.
  const init = Number(fs.readFileSync(`${cutaway.paths.run}/pid/${id}`, 'utf8'));
  await eventually(() => hasGathered(init), 'the jobs run');
  const enter = ['nsenter', '-t', String(init), '-m', '-u', '-i', '-n', '-p'];
  const nested = spawnWaiting(joinCgroups(id), [
    ...enter,
    'unshare',
    '-p',
    '-f',
    'sh',
    '-c',
    'sleep 1006 & wait',
  ]);
  const visitor = spawnWaiting('', [...enter, 'sleep', '1007']);
  await eventually(() => findSleep('1006') && findSleep('1007'), 'the others have come in');
  return {
    name,
    id,
    init,
    entered: nested.pid ?? 0,
    end: async () => {
      await cutaway.text('rm', '-f', name);
      for (const child of [nested, visitor]) child.kill('SIGKILL');
    },
  };
}

/** A shell's words for: into the container's cgroup, in every hierarchy that has one. */
function joinCgroups(id: string): string {
  const places = [`/sys/fs/cgroup/*/cutaway/${id}`, `/sys/fs/cgroup/cutaway/${id}`];
  const files = places.map((place) => `${place}/cgroup.procs`).join(' ');
  return `for file in ${files}; do [ -e "$file" ] && echo $$ > "$file"; done; `;
}

function spawnWaiting(before: string, argv: readonly string[]): ChildProcess {
  return spawn('sh', ['-c', `${before}exec "$@"`, 'sh', ...argv], { stdio: 'ignore' });
}

function pids(): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Undefined when the process has ended or nobody may look. */
export function readProc<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export function commandLine(pid: number): string[] {
  const text = readProc(() => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return text.split('\0').slice(0, -1);
}

/** Whether the script of which this is the init has done everything but wait. */
export function hasGathered(init: number): boolean {
  const space = readProc(() => fs.readlinkSync(`/proc/${init}/ns/pid`));
  const inside = pids().filter(
    (pid) => readProc(() => fs.readlinkSync(`/proc/${pid}/ns/pid`)) === space,
  );
  const programs = inside.map((pid) => readProc(() => fs.readlinkSync(`/proc/${pid}/exe`)) ?? '');
  const jobs = inside.filter((pid) => /^100[1-5]$/.test(commandLine(pid).at(-1) ?? ''));
  const isOver = !inside.some((pid) => commandLine(pid).join(' ') === 'sleep 0.3');
  return isOver && jobs.length === 5 && programs.includes('/tmp/gone (deleted)');
}

/** From the parent upwards, as long as they have the container's id in their command line. */
export function supervisorsOf(pid: number, id: string): number[] {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
  const isForIt = commandLine(parent).join(' ').includes(id.slice(0, 12));
  return isForIt ? [parent, ...supervisorsOf(parent, id)] : [];
}

/** `sleep SECONDS` itself, not whoever started it. */
function findSleep(seconds: string): number {
  return pids().find((pid) => commandLine(pid).join(' ') === `sleep ${seconds}`) ?? 0;
}

export interface LsnsRow {
  readonly ns: number;
  readonly type: string;
  readonly nprocs: number;
  readonly pid: number;
  readonly uid: number;
  readonly pns: number | null;
  readonly ons: number | null;
}

export function lsns(): LsnsRow[] {
  const columns = 'NS,TYPE,NPROCS,PID,UID,PNS,ONS';
  const text = execFileSync('lsns', ['-J', '-o', columns], { encoding: 'utf8' });
  return (JSON.parse(text) as { namespaces: LsnsRow[] }).namespaces;
}

/** Every process in the pid namespace of `init` or in one beneath it, or in the cgroup. */
export function bruteForceMembers(init: number, id: string): number[] {
  const rows = lsns().filter(({ type }) => type === 'pid');
  const inside = new Set([fs.statSync(`/proc/${init}/ns/pid`).ino]);
  for (let before = 0; before < inside.size;) {
    before = inside.size;
    for (const { ns, pns } of rows) if (pns !== null && inside.has(pns)) inside.add(ns);
  }
  return pids().filter((pid) => {
    const space = readProc(() => fs.statSync(`/proc/${pid}/ns/pid`).ino) ?? 0;
    const cgroups = readProc(() => fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '';
    return inside.has(space) || cgroups.includes(`/cutaway/${id}\n`);
  });
}
