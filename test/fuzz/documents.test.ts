// The readers of layouts and archives over documents that are nearly right.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { openImageSource } from '../../src/image/open-image.js';
import type { Problem } from '../../src/oci/problem.js';
import { archiveOf, buildConfig, buildLayer, layoutFiles, sha256 } from '../support/build-image.js';
import { runCampaign } from './campaign.js';
import type { Random } from './random.js';

const LAYER = buildLayer([{ path: 'a', content: 'x' }]);
const VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e400, 2 ** 60, '', 'x', [], {}, [null], [[]], '../x', '/etc/passwd'],
  ...['sha256:../x', `sha256:${'0'.repeat(64)}`, 'application/vnd.oci.image.index.v1+json'],
  ...['application/vnd.docker.distribution.manifest.v1+json', '\x1b[31m', '__proto__', 'sha512:00'],
];

/** The value with something in it put in another's place, left out or repeated. */
function mutateValue(value: unknown, random: Random): unknown {
  if (random.chance(0.15)) return random.pick(VALUES);
  if (Array.isArray(value)) {
    const items = value as unknown[];
    if (items.length === 0 || random.chance(0.2)) return [...items, random.pick(VALUES)];
    if (random.chance(0.2)) return [...items, ...items];
    const at = random.below(items.length);
    return items.map((item, index) => (index === at ? mutateValue(item, random) : item));
  }
  if (typeof value !== 'object' || value === null) return random.pick(VALUES);
  const entries = Object.entries(value);
  if (entries.length === 0) return { x: random.pick(VALUES) };
  const at = random.below(entries.length);
  if (random.chance(0.15)) return Object.fromEntries(entries.filter((_, index) => index !== at));
  return Object.fromEntries(
    entries.map(([key, item], index) => [key, index === at ? mutateValue(item, random) : item]),
  );
}

function mutateBytes(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.7)) {
    return Buffer.from(JSON.stringify(mutateValue(JSON.parse(bytes.toString('utf8')), random)));
  }
  const changed = Buffer.from(bytes);
  for (let turns = 1 + random.below(3); turns > 0; turns -= 1) {
    changed[random.below(changed.length)] = random.pick([0, 0x22, 0x5b, 0x7b, 0x2c, 0xff, 0x5c]);
  }
  return random.chance(0.2) ? changed.subarray(0, random.below(changed.length)) : changed;
}

interface Descriptor {
  digest: string;
  size: number;
}

/** An OCI archive; digests are put right again, so that the change is read and not just refused. */
function oddLayout(random: Random): Map<string, Buffer> {
  const files = layoutFiles([{ layers: [LAYER], tags: ['a:1'] }]);
  const read = (name: string): never => JSON.parse(String(files.get(name))) as never;
  const blob = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
  const replace = (descriptor: Descriptor, bytes: Buffer) => {
    descriptor.digest = sha256(bytes);
    descriptor.size = bytes.length;
    files.set(blob(descriptor.digest), bytes);
  };
  const index = read('index.json') as { manifests: [Descriptor] };
  const manifest = read(blob(index.manifests[0].digest)) as { config: Descriptor };
  const which = random.below(4);
  if (which === 0) {
    replace(manifest.config, mutateBytes(files.get(blob(manifest.config.digest)) ?? LAYER, random));
  }
  const text = Buffer.from(JSON.stringify(manifest));
  replace(index.manifests[0], which === 1 ? mutateBytes(text, random) : text);
  const top = Buffer.from(JSON.stringify(index));
  files.set('index.json', which === 2 ? mutateBytes(top, random) : top);
  if (which === 3) files.set('oci-layout', mutateBytes(files.get('oci-layout') ?? top, random));
  return files;
}

function oddDockerArchive(random: Random): Map<string, Buffer> {
  const config = buildConfig([LAYER]);
  const manifest = Buffer.from('[{"Config":"c.json","RepoTags":["a:1"],"Layers":["1.tar"]}]');
  const which = random.chance(0.5);
  return new Map([
    ['c.json', which ? mutateBytes(config, random) : config],
    ['1.tar', LAYER],
    ['manifest.json', which ? manifest : mutateBytes(manifest, random)],
  ]);
}

function checkProblem({ code, message }: Problem): void {
  if (code === '' || /undefined|\[object/.test(message))
    throw new Error(`not in words: ${message}`);
}

const directory = mkdtempSync(join(tmpdir(), 'cutaway-fuzz-'));
t.teardown(() => {
  rmSync(directory, { recursive: true, force: true });
});

await t.test('documents', (t) =>
  runCampaign(t, {
    name: 'documents',
    trial: async (random) => {
      const files = random.pick([oddLayout, oddDockerArchive])(random);
      const path = join(directory, 'image.tar');
      writeFileSync(path, archiveOf(files));
      const source = await openImageSource(linuxHost(), path);
      try {
        const images = await source.listImages();
        (await source.listProblems()).forEach(checkProblem);
        for (const { error } of await source.listFailures()) {
          if (/undefined|\[object/.test(error.message)) throw new Error(`words: ${error.message}`);
        }
        for (const image of images) image.problems.forEach(checkProblem);
      } finally {
        source.close();
      }
    },
  }),
);
