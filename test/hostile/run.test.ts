// Images that try to reach the host while a container of them is made: what the program itself
// writes and mounts there must not follow the image's links.
import { existsSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { buildDockerArchive, buildLayer, type LayerItem } from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { makeCanary, snapshot, sprung } from './canary.js';
import { evidence } from './hostile-case.js';
import { textBroken } from './law.js';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);

interface RunCase {
  readonly trick: string;
  readonly evidence: string;
  readonly items: (canary: string) => readonly LayerItem[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly options?: readonly string[];
}

const CASES: readonly RunCase[] = [
  {
    trick: '/etc is a link to a directory of the host',
    evidence: 'CVE-2021-29136, CVE-2019-14271',
    items: (canary) => [{ path: 'etc', linkTarget: canary }],
  },
  {
    trick: 'the files that engines write are links to the host',
    evidence: 'CVE-2018-15664, moby PR #53377',
    items: (canary) =>
      ['hosts', 'hostname', 'resolv.conf', 'mtab'].map((name) => ({
        path: `etc/${name}`,
        linkTarget: `../../../../../..${canary}/file`,
      })),
  },
  {
    trick: '/proc, /sys and /dev are links',
    evidence: 'CVE-2019-19921, CVE-2026-47766 (crun)',
    items: (canary) => ['proc', 'sys', 'dev'].map((path) => ({ path, linkTarget: canary })),
  },
  {
    trick: 'the working directory is a link out, and climbs',
    evidence: 'CVE-2024-21626 (Leaky Vessels)',
    items: (canary) => [{ path: 'work', linkTarget: canary }],
    config: { WorkingDir: '/work/../../../../proc/self/fd/7/../../..' },
  },
  {
    trick: 'the volume is mounted where a link leads out',
    evidence: 'CVE-2021-30465 (runc)',
    items: (canary) => [{ path: 'data', linkTarget: canary }],
    options: ['-v', '/usr/share:/data/inner'],
  },
  {
    trick: 'passwd and group are FIFOs and devices',
    evidence: 'container-explorer opens what it finds',
    items: () => [
      { path: 'etc/passwd', type: 'fifo' },
      { path: 'etc/group', type: 'char', major: 1, minor: 5 },
    ],
    options: ['-u', 'nobody'],
  },
];

async function checkRun(t: Test, cutaway: Cutaway, each: RunCase, at: number): Promise<void> {
  const canary = `${cutaway.directory}/canary`;
  const before = snapshot(cutaway.directory, [cutaway.dataRoot]);
  const layer = buildLayer([
    { path: 'bin/busybox', content: readFileSync(BUSYBOX ?? ''), mode: 0o755 },
    ...each.items(canary),
  ]);
  const tag = `evil:${at}`;
  const archive = buildDockerArchive([{ layers: [layer], tags: [tag], config: each.config ?? {} }]);
  const file = evidence(`${cutaway.directory}/evidence`, archive);
  const loaded = await cutaway.run(['load', file]);
  t.equal(loaded.status, 0, loaded.stderr);
  const options = ['--rm', '--network', 'none', ...(each.options ?? [])];
  const script = 'echo x > /etc/hostname; echo inside';
  const ran = await cutaway.run(['run', ...options, tag, '/bin/busybox', 'sh', '-c', script], {
    timeout: 20_000,
  });
  t.equal(ran.signal, null, 'it ends');
  t.ok(
    [0, 1, 2, 125, 126, 127].includes(ran.status ?? -1),
    `status ${String(ran.status)}: ${ran.stderr}`,
  );
  t.same(textBroken('stderr', Buffer.from(ran.stderr)), []);
  const after = snapshot(cutaway.directory, [cutaway.dataRoot, `${cutaway.directory}/evidence`]);
  t.same(
    after,
    before.filter((line) => !line.startsWith(`${cutaway.directory}/evidence`)),
    'untouched',
  );
  t.same(sprung(), []);
}

const skip = cannotRun('runc', 'tar');
if (skip !== false || BUSYBOX === undefined) t.plan(0, skip === false ? 'no busybox' : skip);
else {
  const cutaway = makeCutaway(t);
  makeCanary(cutaway.directory);
  for (const [at, each] of CASES.entries()) {
    await t.test(`${each.trick} (${each.evidence})`, (t) => checkRun(t, cutaway, each, at));
  }
}
