// `cutaway procs` and `ns` beside ps, lsns, /proc and docker top.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import type { Test } from 'tap';
import type { NsDocument } from '../../../src/inspect/documents/ns.js';
import type { ProcessRecord, ProcsDocument } from '../../../src/inspect/documents/procs.js';
import { eventually } from '../../support/cli.js';
import { LAYERS } from '../../support/debian-image.js';
import {
  bruteForceMembers,
  commandLine,
  CROWD_SCRIPT,
  gatherCrowd,
  hasGathered,
  lsns,
  supervisorsOf,
  type Crowd,
  type LsnsRow,
} from './crowd.js';
import { firstOf, type World } from './world.js';

export async function testProcesses(t: Test, world: World): Promise<void> {
  const crowd = await gatherCrowd(world);
  try {
    const document = (await world.cutaway.json('procs', crowd.name)) as ProcsDocument;
    await t.test('who belongs to it', (t) => {
      checkMembers(t, document, crowd);
      t.end();
    });
    await t.test('what ps says of each', (t) => {
      checkPs(t, document);
      t.end();
    });
    await t.test('what /proc says of each', (t) => {
      checkProc(t, document);
      t.end();
    });
    await t.test('the same processes under Docker', (t) => checkDocker(t, world, document));
    await t.test('namespaces', (t) => checkNamespaces(t, world, crowd));
  } finally {
    await crowd.end();
  }
}

function checkMembers(t: Test, document: ProcsDocument, crowd: Crowd): void {
  const { processes, findings, init } = document;
  t.equal(init, crowd.init);
  const members = processes.filter(({ supervisor }) => !supervisor);
  const sorted = members.map(({ pid }) => pid).sort((a, b) => a - b);
  t.same(sorted, bruteForceMembers(crowd.init, crowd.id), 'its pid namespaces and its cgroup');
  const supervisors = processes.filter(({ supervisor }) => supervisor).map(({ pid }) => pid);
  const above = supervisorsOf(crowd.init, crowd.id);
  t.same(supervisors.sort(), above.sort(), 'who is above it: shim and runtime');
  t.ok(above.length > 0);
  const words = (wanted: string) =>
    members.find(({ command }) => command.argv.at(-1) === wanted && command.argv.length === 2);
  t.equal(words('1006')?.pidInNamespaces.length, 3, 'two pid namespaces deep');
  t.same(words('1006')?.belongsBy, ['namespace', 'cgroup']);
  t.same(words('1007')?.belongsBy, ['namespace'], 'who came in without the cgroup');
  const nsenter = members.find(({ pid }) => pid === crowd.entered);
  t.same(nsenter?.belongsBy, ['cgroup'], 'who is only in the cgroup');
  const strays = findings.filter(({ code }) => code.startsWith('outside-'));
  t.same(
    strays.map(({ code, pid }) => `${code} ${pid}`).sort(),
    [`outside-cgroup ${words('1007')?.pid}`, `outside-namespace ${nsenter?.pid}`],
    'both are found out',
  );
  t.same(
    findings
      .filter(({ code }) => code.startsWith('executable-'))
      .map(({ code, pid }) => [code, pid]),
    [['executable-in-upper', words('1005')?.pid]],
    'what was dropped and deleted',
  );
}

const COLUMNS = ['pid', 'ppid', 'pgid', 'sid', 'euid', 'nlwp', 'ni', 'tty', 'stat', 'vsz', 'comm'];

function checkPs(t: Test, { processes }: ProcsDocument): void {
  const pids = processes.map(({ pid }) => pid).join(',');
  const columns = [...COLUMNS, 'args'].map((name) => `${name}=`).join(',');
  const text = execFileSync('ps', ['-ww', '-o', columns, '-p', pids], { encoding: 'utf8' });
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/).slice(0, COLUMNS.length));
  const theirs = lines.filter(({ length }) => length > 1);
  const ours = processes.map((one) => [
    ...[one.pid, one.ppid, one.processGroup, one.session, one.user.uid, one.threads, one.nice],
    one.tty ?? '?',
    one.state,
    one.virtualSize / 1024,
    one.command.comm,
  ]);
  const format = (rows: readonly (readonly (string | number)[])[]) =>
    rows.map((row) => row.join(' ')).sort();
  // The first letter of stat is the state.
  const stable = theirs.map((row) => row.map((word, at) => (at === 8 ? word.charAt(0) : word)));
  // Memory and threads of shim and runtime come and go.
  const busy = new Set(processes.filter(({ supervisor }) => supervisor).map(({ pid }) => pid));
  const quiet = (rows: readonly (readonly (string | number)[])[]) =>
    rows.filter(([pid]) => !busy.has(Number(pid)));
  t.same(format(quiet(ours)), format(quiet(stable)), 'each in every column');
  t.equal(theirs.length, ours.length, 'shim and runtime are there too');
}

function checkProc(t: Test, { processes }: ProcsDocument): void {
  const differences = processes.flatMap((one) => {
    const { pid } = one;
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const inside = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number);
    const pairs: readonly (readonly [string, unknown, unknown])[] = [
      ['pids inside', one.pidInNamespaces, inside],
      ['argv', one.command.argv, commandLine(pid)],
      ['start', one.startTicks, Number(stat[19])],
      ['exe', one.exe, fs.readlinkSync(`/proc/${pid}/exe`)],
      ['cgroups', flattenCgroups(one), readCgroups(pid)],
    ];
    return pairs
      .map(([name, ours, theirs]) => [name, JSON.stringify(ours), JSON.stringify(theirs)] as const)
      .filter(([, ours, theirs]) => ours !== theirs)
      .map(([name, ours, theirs]) => `${pid} ${name}: ours ${ours}, /proc ${theirs}`);
  });
  t.same(firstOf(differences), []);
  const argv = (text: string) => processes.find(({ command }) => command.argv.join(' ') === text);
  t.equal(argv('/tmp/gone 1005')?.exe, '/tmp/gone (deleted)', 'a program that was deleted');
  t.equal(argv('sleep 1002')?.user.uid, 33);
  t.equal(argv('sleep 1002')?.nice, 5);
  t.equal(argv('sleep 1004')?.ppid, argvInit(processes)?.pid, 'an orphan has the init as parent');
}

function argvInit(processes: readonly ProcessRecord[]): ProcessRecord | undefined {
  return processes.find(
    ({ pidInNamespaces }) => pidInNamespaces.join() === `${pidInNamespaces[0]},1`,
  );
}

function flattenCgroups({ cgroups }: ProcessRecord): string[] {
  return cgroups
    .flatMap(({ path, controllers }) => controllers.map((one) => `${one} ${path}`))
    .sort();
}

function readCgroups(pid: number): string[] {
  const lines = fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter(Boolean);
  return lines
    .flatMap((line) => {
      const [id, controllers = '', ...path] = line.split(':');
      const names = id === '0' ? ['unified'] : controllers.split(',');
      return names.map((name) => `${name} ${path.join(':')}`);
    })
    .sort();
}

/** User, nice value, words and parent of each: only the pids on the host are other ones. */
async function checkDocker(t: Test, { docker }: World, document: ProcsDocument): Promise<void> {
  docker.run([
    'run',
    '-d',
    '--network',
    'none',
    '--name',
    'crowd',
    LAYERS,
    'sh',
    '-c',
    CROWD_SCRIPT,
  ]);
  try {
    const { State } = docker.inspect('crowd') as { State: { Pid: number } };
    await eventually(() => hasGathered(State.Pid), 'the jobs run');
    const [, ...lines] = docker.lines(['top', 'crowd', '-eo', 'pid,ppid,uid,ni,args']);
    const theirs = lines.map((line) => {
      const [pid, ppid, uid, nice, ...words] = line.trim().split(/\s+/);
      return { pid: Number(pid), ppid: Number(ppid), uid: Number(uid), nice: Number(nice), words };
    });
    const ours = document.processes
      .filter(({ supervisor, command }) => !supervisor && !isVisitor(command.argv))
      .map(({ pid, ppid, user, nice, command }) => {
        const words = command.argv.join(' ').split(/\s+/);
        return { pid, ppid, uid: user.uid, nice, words };
      });
    t.same(withoutPids(ours), withoutPids(theirs));
  } finally {
    docker.run(['rm', '-f', 'crowd']);
  }
}

/** Came in from outside, or is the child of one that did. */
function isVisitor(argv: readonly string[]): boolean {
  return /sleep (?:1006|1007)/.test(argv.join(' '));
}

interface Runner {
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly nice: number;
  readonly words: readonly string[];
}

/** Each with the words of its parent instead of a number. */
function withoutPids(runners: readonly Runner[]): string[] {
  return runners
    .map(({ ppid, uid, nice, words }) => {
      const parent = runners.find(({ pid }) => pid === ppid);
      return [uid, nice, words.join(' '), parent?.words.join(' ') ?? 'above'].join(' | ');
    })
    .sort();
}

async function checkNamespaces(t: Test, { cutaway }: World, crowd: Crowd): Promise<void> {
  const document = (await cutaway.json('ns', crowd.name)) as NsDocument;
  const rows = lsns();
  const [subject] = document.subjects;
  for (const { type, inode, host } of subject?.namespaces ?? []) {
    const ofInit = fs.statSync(`/proc/${crowd.init}/ns/${type}`).ino;
    t.equal(inode, String(ofInit), `${type} of the init`);
    t.equal(
      host,
      ofInit === fs.statSync(`/proc/self/ns/${type}`).ino,
      `${type}: the host's or not`,
    );
  }
  const types = fs.readdirSync(`/proc/${crowd.init}/ns`).filter((name) => !name.includes('_'));
  t.same(subject?.namespaces.map(({ type }) => type).sort(), types.sort(), 'every type');
  const own = document.namespaces.filter(({ host }) => !host);
  t.ok(own.length >= 4, `${own.length} namespaces of its own`);
  t.same(own.map(asRow).sort(), rowsOf(rows, own), 'lsns: processes, lowest pid, parent, owner');
  const visitors = document.findings.filter(({ code }) => code === 'outsider-in-namespace');
  t.same(
    visitors.map(({ pid }) => commandLine(pid).join(' ')).filter((line) => /^sleep/.test(line)),
    ['sleep 1007'],
    'who is in without being part of it',
  );
  // Of the whole machine: what was there before and after must be there.
  const before = lsns();
  const all = (await cutaway.json('ns', '--all')) as NsDocument;
  const after = new Set(lsns().map((row) => JSON.stringify(row)));
  const steady = before.filter((row) => after.has(JSON.stringify(row)));
  const known = new Set(all.namespaces.map(asRow));
  const missing = rowsOf(steady, all.namespaces).filter((row) => !known.has(row));
  t.same(firstOf(missing), [], `all ${steady.length} that lsns lists`);
}

type NamespaceFacts = NsDocument['namespaces'][number];

function asRow({ type, inode, processes, lowest, parent, owner }: NamespaceFacts): string {
  const { pid = 0, user } = lowest ?? {};
  return [type, inode, processes, pid, user?.uid, parent, owner].join(' ');
}

function rowsOf(rows: readonly LsnsRow[], wanted: readonly { inode: string }[]): string[] {
  const inodes = new Set(wanted.map(({ inode }) => inode));
  const number = (inode: number | null) => (inode === null || inode === 0 ? '' : inode);
  return rows
    .filter(({ ns }) => inodes.has(String(ns)))
    .map(({ ns, type, nprocs, pid, uid, pns, ons }) =>
      [type, ns, nprocs, pid, uid, number(pns), number(ons)].join(' '),
    )
    .sort();
}
