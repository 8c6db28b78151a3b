// The same engine on a real disk, where a file may be anything.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { containerdEngine } from '../../../src/engines/containerd/containerd-engine.js';
import type { Engine } from '../../../src/engines/engine.js';
import { linuxHost } from '../../../src/host/linux-host.js';
import type { HostRecord } from '../../../src/host/recorded-host.js';
import { hasCode } from '../../../src/oci/error.js';
import { META, ROOT, SNAPSHOTS } from './fixture.js';
import { container, forge, MANIFEST } from './forged.js';
import { shown } from './shown.js';

/** The same files on a disk. */
function onDisk(t: Test, { files = {}, directories = [] }: HostRecord): string {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-ctd-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  for (const path of directories) mkdirSync(join(directory, path), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

function diskEngine(directory: string): Engine {
  return containerdEngine({
    host: linuxHost(),
    isLive: true,
    platform: { os: 'linux', architecture: 'amd64' },
    limits: {},
    name: 'containerd',
    places: {
      root: join(directory, ROOT),
      state: join(directory, '/run/containerd'),
      docker: join(directory, '/var/lib/docker'),
    },
  });
}

/** What it says, or the code of the error that it ends with. */
function said(engine: Engine): string {
  try {
    const { containers, codes } = shown(engine);
    return `${containers.length} ${codes.join(' ')}`;
  } catch (error) {
    if (hasCode(error, 'INVALID_INPUT', 'CORRUPT', 'NOT_FOUND')) return error.code;
    throw error;
  }
}

const ID = 'e'.repeat(64);
const DOCKER = `/var/lib/docker/containers/${ID}/config.v2.json`;
const STATUS = `${ROOT}/io.containerd.grpc.v1.cri/containers/good/status`;
const BUNDLE = '/run/containerd/io.containerd.runtime.v2.task/ns/good';

t.test('files that are no files neither hang nor lead away', (t) => {
  const cri = forge('ns', {
    containers: { good: container('good', { labels: { 'io.cri-containerd.kind': 'container' } }) },
  });
  const moby = forge('moby', { keys: [ID] });
  const cases: readonly [string, HostRecord, string, RegExp][] = [
    ['meta.db', cri, META, /^(INVALID_INPUT|CORRUPT)$/],
    ['metadata.db', cri, `${SNAPSHOTS}/metadata.db`, /^1 .*snapshot/],
    ['the status of the CRI plugin', cri, STATUS, /^1 cri-status-unreadable$/],
    ['config.v2.json', moby, DOCKER, /^0 container-unreadable$/],
    ['init.pid', cri, `${BUNDLE}/init.pid`, /^1 $/],
    ['options.json', cri, `${BUNDLE}/options.json`, /^1 $/],
  ];
  for (const [name, record, path, expected] of cases) {
    const whole = { ...record, files: { ...record.files, [path]: record.files?.[path] ?? '{}' } };
    const secret = onDisk(t, { files: { '/secret': whole.files[path] ?? '' } });
    const made: Readonly<Record<string, (at: string) => void>> = {
      'a FIFO': (at) => execFileSync('mkfifo', [at]),
      'a link out': (at) => {
        symlinkSync(join(secret, 'secret'), at);
      },
      'a device': (at) => {
        symlinkSync('/dev/zero', at);
      },
      'a directory': (at) => {
        mkdirSync(at);
      },
    };
    for (const [what, make] of Object.entries(made)) {
      const directory = onDisk(t, whole);
      rmSync(join(directory, path));
      make(join(directory, path));
      t.match(said(diskEngine(directory)), expected, `${name} is ${what}`);
    }
  }
  t.end();
});

t.test('a blob that is a link out is not read', (t) => {
  const directory = onDisk(t, forge('ns', {}));
  const blob = join(
    directory,
    `${ROOT}/io.containerd.content.v1.content/blobs/sha256/${MANIFEST.digest.slice(7)}`,
  );
  t.equal(diskEngine(directory).listImages().length, 1);
  rmSync(blob);
  symlinkSync('/etc/passwd', blob);
  t.match(said(diskEngine(directory)), /image-unreadable/);
  t.end();
});

t.test('sizes that lie: a database of a terabyte that is not there', (t) => {
  const directory = onDisk(t, forge('ns', { containers: { good: container('good') } }));
  execFileSync('truncate', ['-s', '1T', join(directory, META)]);
  t.equal(diskEngine(directory).listContainers().length, 1, 'only what it needs is read');
  t.end();
});
