import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sha256Digest } from '../../src/oci/digest.js';
import {
  familiarReference,
  familiarRepository,
  formatReference,
  fullRepository,
  isReference,
  parseReference,
} from '../../src/oci/reference.js';
import { INVALID, VALID } from './reference-table.js';

t.test('valid names: full and familiar form', (t) => {
  for (const [text, full, familiar] of VALID) {
    const reference = parseReference(text);
    t.equal(formatReference(reference), full, text);
    t.equal(familiarReference(reference), familiar, `familiar: ${text}`);
    t.same(parseReference(full), reference, `full form reads back: ${text}`);
    t.same(parseReference(familiar), reference, `familiar form reads back: ${text}`);
  }
  t.end();
});

t.test('invalid names, and why', (t) => {
  for (const [text, message, code = 'INVALID_INPUT'] of INVALID) {
    t.equal(isReference(text), false, text);
    t.throws(() => parseReference(text), { code, message }, text);
  }
  t.end();
});

t.test('the parts', (t) => {
  const digest = sha256Digest(Buffer.from('x'));
  t.strictSame(parseReference('busybox'), {
    registry: 'docker.io',
    repository: 'library/busybox',
    tag: 'latest',
  });
  t.strictSame(parseReference(`[::1]:5000/a/b:1.2@${digest}`), {
    registry: '[::1]:5000',
    repository: 'a/b',
    tag: '1.2',
    digest,
  });
  t.strictSame(parseReference(`busybox@${digest}`), {
    registry: 'docker.io',
    repository: 'library/busybox',
    digest,
  });
  const reference = parseReference('busybox:1');
  t.equal(familiarRepository(reference), 'busybox');
  t.equal(fullRepository(reference), 'docker.io/library/busybox');
  t.end();
});

t.test('hints', (t) => {
  t.throws(() => parseReference('https://ghcr.io/a/b'), {
    code: 'INVALID_INPUT',
    hint: 'leave out https://',
  });
  t.throws(() => parseReference('docker://busybox'), {
    code: 'INVALID_INPUT',
    hint: 'leave out docker://',
  });
  t.throws(() => parseReference('ghcr.io/A/b'), {
    code: 'INVALID_INPUT',
    hint: 'did you mean a/b?',
  });
  const hex = 'a'.repeat(64);
  t.throws(() => parseReference(hex), { code: 'INVALID_INPUT', hint: `write sha256:${hex}` });
  t.throws(() => parseReference('x'.repeat(100_000)), { message: /^.{1,400}$/ });
  t.end();
});

t.test('format after parse is a fixed point, and names survive their short form', (t) => {
  const next = generator(11);
  let valid = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const text = randomName(next);
    if (!isReference(text)) continue;
    valid += 1;
    const reference = parseReference(text);
    const full = formatReference(reference);
    const familiar = familiarReference(reference);
    const again = formatReference(parseReference(full));
    if (again !== full) t.fail(`${text}: ${full} became ${again}`);
    if (formatReference(parseReference(familiar)) !== full) t.fail(`${text}: lost in ${familiar}`);
    if (familiar.length > full.length) t.fail(`${text}: ${familiar} is longer than ${full}`);
  }
  t.ok(valid > 2_000, `${valid} valid names of 20,000`);
  t.end();
});

t.test('a name built to be slow is refused fast', (t) => {
  const started = process.hrtime.bigint();
  for (const piece of ['a-', 'a.', 'a__', '-', 'A-', 'a/']) {
    t.equal(isReference(`${piece.repeat(1_000_000)}!`), false);
    t.equal(isReference(`h.io/${piece.repeat(120)}!`), false);
    t.equal(isReference(`${piece.repeat(500)}!.x/a`), false);
  }
  t.ok(process.hrtime.bigint() - started < 2_000_000_000n, 'within two seconds');
  t.end();
});

// The client reads the name before it looks for a daemon, so that it judges without one.
const docker = (text: string) =>
  spawnSync('docker', ['pull', '--', text], {
    env: { ...process.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    encoding: 'utf8',
  });
const takes = (text: string) => docker(text).stderr.includes('Cannot connect');
const hasDocker = docker('busybox').error === undefined && takes('busybox');

t.test(
  'docker takes and refuses the same names',
  { skip: hasDocker ? false : 'no docker client' },
  (t) => {
    const isOld = !takes('[::1]/a');
    const next = generator(23);
    const names = [
      ...VALID.map(([text]) => text),
      ...INVALID.filter(([, , code]) => code === undefined).map(([text]) => text),
      ...Array.from({ length: 400 }, () => randomName(next)),
    ];
    for (const text of names.filter((name) => !isOurRefusal(name) && !(isOld && isNewRule(name)))) {
      const taken = takes(text);
      if (taken !== isReference(text)) {
        t.fail(`docker ${taken ? 'takes' : 'refuses'} ${JSON.stringify(text)}`);
      }
    }
    t.pass(`${names.length} names`);
    t.end();
  },
);

const hasSkopeo = spawnSync('skopeo', ['--version']).error === undefined;

t.test('skopeo writes the same full names', { skip: hasSkopeo ? false : 'no skopeo' }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-reference-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  writeEmptyLayout(directory);
  // Its older copy of the rules knows no IPv6 host, no host by upper case alone, and counts the
  // registry among the 255 characters; a docker-archive takes no digests.
  const rows = VALID.filter(([text]) => text.length < 200 && !/[@[]|^Foo/.test(text));
  const archive = join(directory, 'out.tar');
  const result = spawnSync(
    'skopeo',
    [
      '--insecure-policy',
      'copy',
      ...rows.flatMap(([text, full]) => ['--additional-tag', withTag(text, full)]),
      `oci:${directory}`,
      `docker-archive:${archive}`,
    ],
    { encoding: 'utf8' },
  );
  t.equal(result.status, 0, result.stderr);
  const { stdout } = spawnSync('tar', ['-xOf', archive, 'manifest.json'], { encoding: 'utf8' });
  const tags: string[] = JSON.parse(stdout)[0].RepoTags;
  t.same(new Set(tags), new Set(rows.map(([, full]) => full)));
  t.end();
});

/** skopeo wants a tag on the name of an image in an archive. */
function withTag(text: string, full: string): string {
  return full.endsWith(':latest') && !text.endsWith(':latest') ? `${text}:latest` : text;
}

/**
 * What Docker's parser takes and ours does not: names beyond any length, and a first part that
 * has a dot, as hosts do, and an underscore, as no host does. Docker makes of it a repository of
 * no registry at all, which it then cannot pull.
 */
function isOurRefusal(name: string): boolean {
  return name.length > 1024 || /^(?=[^/]*\.)[^/]*_[^/]*\//.test(name);
}

/**
 * What Docker 20.10 refuses by the rules of its time: IPv6 hosts, hosts by upper case alone, and
 * repository names that are too long only together with their registry.
 */
function isNewRule(name: string): boolean {
  return name.includes('[') || /^[^/]*[A-Z][^/]*\//.test(name) || name.length > 240;
}

function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 12) % limit;
  };
}

/** Made of the pieces names are made of, and now and then of what they are not. */
function randomName(next: (limit: number) => number): string {
  const pieces = [
    'a', 'b1', 'library', 'docker.io', 'index.docker.io', 'localhost', 'x.io', '[::1]', 'Foo', '5000',
    'a'.repeat(64), '.', '_', '__', '-', '--', '..', '-.', ' ', 'é', '//', `@sha256:${'0'.repeat(64)}`,
    `@sha512:${'1'.repeat(128)}`, '@sha256:0', '[', ']', '127.0.0.1', '@',
  ]; // prettier-ignore
  const joins = ['/', '/', '/', ':', '', '.', '-', '_'];
  let text = '';
  for (let count = 1 + next(5); count > 0; count -= 1) {
    text +=
      (text === '' ? '' : joins[next(joins.length)]!) +
      pieces[next(next(2) === 0 ? 11 : pieces.length)]!;
  }
  return text;
}

/** An image of one empty layer. */
function writeEmptyLayout(directory: string): void {
  const blobs = join(directory, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Buffer) => {
    const digest = sha256Digest(bytes);
    writeFileSync(join(blobs, digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const type = 'application/vnd.oci.image.';
  const layer = put(`${type}layer.v1.tar`, Buffer.alloc(1024));
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = put(`${type}config.v1+json`, json({ architecture: 'amd64', os: 'linux', rootfs }));
  const manifest = put(
    `${type}manifest.v1+json`,
    json({ schemaVersion: 2, config, layers: [layer] }),
  );
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [manifest] }));
}
