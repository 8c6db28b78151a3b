// The same command line under the real Docker and under cutaway: what the container sees, its exit
// status, its stdout and its stderr, each compared with the other's.
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { CAPABILITIES } from '../../src/oci/capability-names.js';
import { tarBytes, type TarEntry } from '../../src/runtime/embedded/tar-bytes.js';
import { makeCutaway, type Cutaway } from './cli.js';
import { startDocker, type Docker } from './docker.js';
import { PROBE } from './parity-probe.js';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A difference that is meant. Each side is held to its own. */
export interface Difference {
  readonly reason: string;
  readonly ours: RegExp;
  readonly theirs: RegExp;
}

export interface Row {
  readonly what: string;
  /** Command lines, one after the other on the same engine: `[['volume', 'create', 'v'], …]`. */
  readonly steps: readonly (readonly string[])[];
  /** Of lines that differ for good: taken out on both sides, once each has been seen to match. */
  readonly differs?: readonly Difference[];
  /** The words of an error are each engine's own: that there is one, and its status, is compared. */
  readonly refused?: true;
  /** Behind the first word, for Docker alone. */
  readonly dockerOptions?: readonly string[];
  /** Exit statuses that differ for good. */
  readonly statuses?: { readonly reason: string; readonly ours: number; readonly theirs: number };
  /** Both warn on stderr, in words of their own. */
  readonly warns?: true;
  /** What both are given on stdin. */
  readonly input?: string;
  /** Names of what `together` shows one after the other. */
  readonly parts?: readonly string[];
}

export interface Part {
  readonly what: string;
  readonly options: readonly string[];
  readonly script: string;
}

const SEPARATOR = '@@@';

export interface Engines {
  readonly docker: Docker;
  readonly cutaway: Cutaway;
  /** For files that both mount. */
  readonly directory: string;
}

/** `run --rm --network none OPTIONS IMAGE` with the probe that shows everything. */
export function probed(what: string, ...options: string[]): Row {
  return { what, steps: [[...runArguments(options), 'parity', 'sh', '/probe']] };
}

/** Options that do not touch each other, and what shows each: one container for all of them. */
export function together(parts: readonly Part[], ...options: string[]): Row {
  const script = parts.map((part, at) => `echo '${SEPARATOR}${at}'; (${part.script})`).join('\n');
  const all = [...options, ...parts.flatMap((part) => part.options)];
  return {
    what: parts.map(({ what }) => what).join(', '),
    parts: parts.map(({ what }) => what),
    steps: [[...runArguments(all), 'parity', 'sh', '-c', script]],
  };
}

/** The same with a shell script instead. */
export function scripted(what: string, options: readonly string[], script: string): Row {
  return { what, steps: [[...runArguments(options), 'parity', 'sh', '-c', script]] };
}

/** What neither engine takes. */
export function refused(what: string, ...options: string[]): Row {
  return { what, refused: true, steps: [[...runArguments(options), 'parity', 'true']] };
}

export function runArguments(options: readonly string[]): string[] {
  const network = options.some((option) => option.startsWith('--net')) ? [] : ['--network', 'none'];
  return ['run', '--rm', ...network, ...options];
}

export const PASSWD = `root:x:0:0:root:/root:/bin/sh
ann:x:1000:1001:Ann:/home/ann:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
`;
export const GROUP = `root:x:0:
wheel:x:10:ann
audio:x:29:
ann:x:1001:
nogroup:x:65534:
`;

/** Starts a dockerd and gives it and a store of ours the same images. */
export async function startEngines(t: Test): Promise<Engines> {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-parity-'));
  const runtime = writeRuntime(directory);
  const docker = await startDocker(directory, ['--add-runtime', `bounded=${runtime}`]);
  const cutaway = makeCutaway(t);
  t.teardown(async () => {
    await docker.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const archive = join(directory, 'image.tar');
  writeFileSync(archive, tarBytes(rootfs(), 0));
  const images = {
    parity: [],
    volumes: ['VOLUME /seeded', 'VOLUME /fresh', 'USER ann'],
  };
  for (const [name, changes] of Object.entries(images)) {
    const options = changes.flatMap((change) => ['--change', change]);
    docker.run(['import', ...options, archive, name]);
    await cutaway.text('import', ...options, archive, name);
  }
  return { docker, cutaway, directory };
}

/**
 * runc for Docker's privileged containers: Docker 20.10 asks for every capability there is and fails
 * where the machine itself lacks one; later ones ask for those it has, as we do.
 */
function writeRuntime(directory: string): string {
  const bound = BigInt(
    `0x${/^CapBnd:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`,
  );
  const lacking = CAPABILITIES.filter((_, number) => ((bound >> BigInt(number)) & 1n) === 0n);
  const edits = lacking.map((name) => `-e 's/"${name}",//g'`).join(' ');
  const path = join(directory, 'runc-bounded');
  const script = `#!/bin/sh
previous=
for word in "$@"; do
  [ "$previous" = --bundle ] && sed -i -e '' ${edits} "$word/config.json"
  previous=$word
done
exec runc "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

function rootfs(): TarEntry[] {
  const names = `sh cat ls env id hostname sleep echo true grep sed awk sort readlink head dd stat mkdir
    touch rm ln mount umount chmod chown find wc tr uname kill test ip mknod df sysctl expr od cut
    printf usleep nproc pwd seq`;
  const file = (path: string, content: string | Buffer, mode = 0o644): TarEntry => ({
    type: 'file',
    path,
    mode,
    content: Buffer.from(content),
  });
  const directory = (path: string, mode = 0o755): TarEntry => ({ type: 'directory', path, mode });
  return [
    ...['bin', 'etc', 'home', 'root', 'tmp', 'data', 'deep', 'deep/er'].map((path) =>
      directory(path, path === 'tmp' ? 0o1777 : 0o755),
    ),
    file('bin/busybox', readFileSync('/bin/busybox'), 0o755),
    ...names
      .trim()
      .split(/\s+/)
      .map((name): TarEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    file('etc/passwd', PASSWD),
    file('etc/group', GROUP),
    file('data/one', 'first\n', 0o640),
    directory('data/sub', 0o750),
    file('data/sub/two', 'second\n'),
    { type: 'symlink', path: 'data/link', target: 'one' },
    directory('seeded', 0o1770),
    file('seeded/here', 'from the image\n'),
    { type: 'symlink', path: 'linked', target: '/deep/er' },
    { type: 'symlink', path: 'outward', target: '../../../../etc' },
    file('probe', PROBE, 0o755),
  ];
}

/** Files of an image in which a link that leads outward stands where the runtime mounts. */
export function turned(place: string): TarEntry[] {
  const entries = rootfs().filter(({ path }) => path !== place && !path.startsWith(`${place}/`));
  return [...entries, { type: 'symlink', path: place, target: `../../../../tmp/turned-${place}` }];
}

const HOST_NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'].map((type) =>
  readlinkSync(`/proc/self/ns/${type}`),
);

/** Ids, and what each engine calls its own places, in one form. */
export function normalize(text: string, { directory, cutaway }: Engines): string {
  return text
    .replaceAll(directory, 'DIRECTORY')
    .replaceAll(cutaway.dataRoot, 'STORE')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'LONG-ID')
    .replaceAll(/\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{12}\b/g, 'SHORT-ID')
    .replaceAll(/\b\w+:\[\d+\]/g, (name) =>
      HOST_NAMESPACES.includes(name) ? `${name.split(':')[0] ?? ''}:HOST` : 'OWN',
    );
}

/** Runs a row on both and compares. */
export async function compareRow(t: Test, engines: Engines, row: Row): Promise<void> {
  const [theirs, ours] = await Promise.all([
    runSteps(([verb = '', ...rest]) => {
      const step = [verb, ...(row.dockerOptions ?? []), ...rest];
      return engines.docker.outcome(step, row.input);
    }, row),
    runSteps((step) => engines.cutaway.run(step, { input: row.input ?? '' }), row),
  ]);
  row.steps.forEach((step, at) => {
    const what = row.steps.length === 1 ? row.what : `${row.what}: ${step.slice(0, 4).join(' ')}`;
    const [left, right] = [ours[at], theirs[at]].map((outcome) =>
      outcome === undefined ? undefined : comparable(outcome, engines, row),
    );
    for (const { reason, ours: own, theirs: others } of row.differs ?? []) {
      t.match(left?.stdout, own, `${what}: ours, as ${reason}`);
      t.match(right?.stdout, others, `${what}: theirs, as ${reason}`);
    }
    const [own, others] = [stripped(left, row, 'ours'), stripped(right, row, 'theirs')];
    const { parts } = row;
    if (parts === undefined) t.same(own, others, what);
    else compareParts(t, parts, own, others);
  });
}

function compareParts(
  t: Test,
  parts: readonly string[],
  ours: Outcome | undefined,
  theirs: Outcome | undefined,
): void {
  const split = (outcome: Outcome | undefined) => outcome?.stdout.split(/@@@\d+\n/).slice(1);
  const whole = { status: ours?.status, stderr: ours?.stderr };
  t.same(whole, { status: theirs?.status, stderr: theirs?.stderr }, `status: ${parts.join(', ')}`);
  const [left, right] = [split(ours), split(theirs)];
  parts.forEach((part, at) => t.same(left?.[at], right?.[at], part));
}

async function runSteps(
  run: (step: readonly string[]) => Promise<Outcome>,
  row: Row,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of row.steps) outcomes.push(await run(step));
  return outcomes;
}

function comparable({ status, stdout, stderr }: Outcome, engines: Engines, row: Row): Outcome {
  const said = stderr === '' ? 'nothing was said' : 'something was said';
  const shown = normalize(stdout, engines);
  return {
    status,
    stdout: row.dockerOptions === undefined ? shown : withoutNewCapabilities(shown),
    stderr: row.refused === true || row.warns === true ? said : normalize(stderr, engines),
  };
}

/** Docker 20.10 does not know PERFMON, BPF and CHECKPOINT_RESTORE: its "all" is without them. */
function withoutNewCapabilities(text: string): string {
  return text.replaceAll(/^(Cap\w+:\t)([0-9a-f]{16})$/gm, (_, name: string, mask: string) => {
    const known = BigInt(`0x${mask}`) & ~(0b111n << 38n);
    return `${name}${known.toString(16).padStart(16, '0')}`;
  });
}

function stripped(
  outcome: Outcome | undefined,
  { differs = [], statuses }: Row,
  side: 'ours' | 'theirs',
): Outcome | undefined {
  if (outcome === undefined) return undefined;
  const stdout = differs.reduce((text, one) => text.replace(one[side], ''), outcome.stdout);
  const isMeant = statuses !== undefined && outcome.status === statuses[side];
  return { ...outcome, stdout, ...(isMeant ? { status: null } : {}) };
}
