// `cutaway layers` beside docker inspect, docker history, skopeo inspect and tar.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import { BASE, GIT, LAYERS } from '../../support/debian-image.js';
import { isInstalled } from '../../support/docker.js';
import { skopeo, type World } from './world.js';

interface DockerImage {
  readonly Id: string;
  readonly Created: string;
  readonly Architecture: string;
  readonly Os: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}

interface DockerStep {
  readonly CreatedAt: string;
  readonly CreatedBy: string;
  readonly Comment: string;
  readonly Size: number;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly {
    readonly digest: string;
    readonly size: number;
    readonly mediaType: string;
  }[];
}

/** Everywhere the same image is to be found, for us and for skopeo. */
function places({
  images,
  copies,
  cutaway,
}: World): Record<string, { ours: string; skopeo: string }> {
  const docker = `docker-archive:${images.archive}:${LAYERS}`;
  return {
    'the archive of docker save': { ours: docker, skopeo: docker },
    'a layout with gzip': { ours: `oci:${copies.gzip}`, skopeo: `oci:${copies.gzip}:layers` },
    'a layout with zstd': {
      ours: `oci:${copies.zstd}:layers`,
      skopeo: `oci:${copies.zstd}:layers`,
    },
    'an OCI archive': {
      ours: `oci-archive:${copies.archive}:layers`,
      skopeo: `oci-archive:${copies.archive}:layers`,
    },
    'the store': {
      ours: LAYERS,
      skopeo: `oci:${cutaway.paths.images}:docker.io/${LAYERS}`,
    },
  };
}

export async function testLayers(t: Test, world: World): Promise<void> {
  const { docker, cutaway } = world;
  const image = docker.inspect(LAYERS) as DockerImage;
  const steps = await dockerSteps(world);
  const tars = listTars(world);
  for (const [place, names] of Object.entries(places(world))) {
    await t.test(place, async (t) => {
      const reading = await readLayers(world, names.ours);
      const { document } = reading;
      checkMemory(t, reading);
      t.same(document.problems, [], 'no problems');
      compareWithDocker(t, document, image, steps);
      compareWithSkopeo(t, document, names.skopeo);
      t.same(
        document.layers.map(({ uncompressedSize, entries, whiteouts }) => ({
          uncompressedSize,
          entries,
          whiteouts,
        })),
        tars,
        'tar lists the same entries and whiteouts in a tar of the same size',
      );
      if (names.ours !== `oci:${world.copies.gzip}`) return;
      const bare = (await cutaway.json('layers', world.copies.gzip)) as LayersDocument;
      t.same(bare.layers, document.layers, 'a bare path means the same');
    });
  }
  await t.test('the unpacked layers', (t) => compareDirectories(t, world));
  const skip = isInstalled('umoci') ? false : 'umoci is not installed';
  await t.test('umoci unpacks from the store', { skip }, (t) => {
    const bundle = join(world.root, 'umoci');
    const layout = `${cutaway.paths.images}:docker.io/${BASE}`;
    execFileSync('umoci', ['unpack', '--image', layout, bundle], { stdio: 'pipe' });
    t.ok(fs.existsSync(join(bundle, 'rootfs/etc/debian_version')));
    fs.rmSync(bundle, { recursive: true });
    t.end();
  });
}

/** First to last, with sizes that are all counted in one way. */
async function dockerSteps(world: World): Promise<DockerStep[]> {
  const format = ['--no-trunc', '--human=false', '--format', '{{json .}}'];
  const lines = world.docker.lines(['history', ...format, LAYERS]);
  const links = await linkTexts(world);
  return lines.reverse().map((line) => {
    const step = JSON.parse(line) as Omit<DockerStep, 'Size'> & { readonly Size: string };
    const size = Number(step.Size);
    // What BuildKit made is counted from its tar, where a symlink has no content; all else from
    // the directory, where the size of a symlink is that of its text.
    const isFromTar = step.Comment.startsWith('buildkit') && size > 0;
    return { ...step, Size: isFromTar ? size + links : size };
  });
}

/** Bytes in the symlinks of the layer that BuildKit made, the second. */
async function linkTexts({ cutaway }: World): Promise<number> {
  const { layers } = (await cutaway.json('layers', GIT)) as LayersDocument;
  const arguments_ = [layers[1]?.directory ?? '', '-type', 'l', '-printf', '%s\n'];
  const sizes = execFileSync('find', arguments_, { encoding: 'utf8' });
  return sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
}

function compareWithDocker(
  t: Test,
  { image, layers, history, subject }: LayersDocument,
  docker: DockerImage,
  steps: readonly DockerStep[],
): void {
  // On the way into an OCI layout skopeo leaves out of the config what OCI has no name for.
  if (!subject.engine.startsWith('oci')) t.equal(image.id, docker.Id, 'the image ID');
  t.equal(image.createdAt, docker.Created, 'when it was made');
  t.equal(image.platform, `${docker.Os}/${docker.Architecture}`, 'the platform');
  t.same(
    layers.map(({ diffID }) => diffID),
    docker.RootFS.Layers,
    'every diffID',
  );
  t.same(
    layers.map(({ chainID }) => chainID),
    chainIDs(docker.RootFS.Layers),
    'every chainID',
  );
  t.same(
    history.map(({ createdBy = '', comment = '', createdAt = '' }) => ({
      createdBy,
      comment,
      createdAt: createdAt.replace(/\.\d+Z$/, 'Z'),
    })),
    steps.map(({ CreatedBy, Comment, CreatedAt }) => ({
      createdBy: CreatedBy,
      comment: Comment,
      createdAt: CreatedAt,
    })),
    'every step of the history',
  );
  t.same(
    history.map(({ layer }) => (layer === undefined ? 0 : layers[layer - 1]?.contentSize)),
    steps.map(({ Size }) => Size),
    'the size of every step, in bytes',
  );
  t.same(
    layers.map(({ createdBy }) => createdBy ?? ''),
    history.filter(({ layer }) => layer !== undefined).map(({ createdBy = '' }) => createdBy),
    'every layer names the step that made it',
  );
}

/** image-spec config.md, "Layer ChainID". */
function chainIDs(diffIDs: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffID of diffIDs) {
    const parent = chain.at(-1);
    chain.push(parent === undefined ? diffID : sha256(Buffer.from(`${parent} ${diffID}`)));
  }
  return chain;
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function compareWithSkopeo(t: Test, document: LayersDocument, name: string): void {
  const bytes = skopeo('inspect', '--raw', name);
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  t.equal(document.image.id, manifest.config.digest, 'the digest of the config');
  t.equal(
    document.image.id,
    sha256(skopeo('inspect', '--config', '--raw', name)),
    'is of its bytes',
  );
  const ours = document.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType }));
  if (document.subject.engine === 'docker-archive') {
    // Such an archive has no manifest. The one that skopeo 1.9 makes up says gzip of what is not
    // compressed, and size 0 of a layer that several images share, for that is a symlink there.
    t.equal(document.image.manifestDigest, undefined, 'no manifest');
    t.same(
      ours.map(({ digest, size }, at) => ({ digest, size: shown(manifest, at) && size })),
      manifest.layers.map(({ digest, size }) => ({ digest, size })),
      'every digest and size',
    );
    return;
  }
  t.equal(document.image.manifestDigest, sha256(bytes), 'the digest of the manifest');
  t.same(
    ours,
    manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    'every digest, size and media type',
  );
  const unknown = ours.filter(
    ({ mediaType }) => mediaType?.startsWith('application/vnd.oci.') !== true,
  );
  t.same(unknown, [], 'a layout has media types of OCI');
}

/** 0 where skopeo says so. */
function shown(manifest: Manifest, at: number): number {
  return manifest.layers[at]?.size === 0 ? 0 : 1;
}

/** GNU tar's account of each layer in the archive of docker save. */
function listTars({ root, images }: World): unknown[] {
  const directory = join(root, 'unpacked');
  fs.mkdirSync(directory);
  execFileSync('tar', ['-C', directory, '-xf', images.archive]);
  const manifest = JSON.parse(fs.readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
    RepoTags: string[];
    Layers: string[];
  }[];
  const found = manifest.find(({ RepoTags }) => RepoTags.includes(LAYERS));
  const tars = (found?.Layers ?? []).map((name) => {
    const path = join(directory, name);
    const names = execFileSync('tar', ['--quoting-style=escape', '-tf', path], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const lines = names.split('\n').filter(Boolean);
    const entries = lines.filter((line) => !line.endsWith('/.wh..wh..opq'));
    return {
      uncompressedSize: fs.statSync(path).size,
      entries: entries.length,
      whiteouts: entries.filter((line) => /(^|\/)\.wh\.[^/]*$/.test(line)).length,
    };
  });
  fs.rmSync(directory, { recursive: true });
  return tars;
}

async function compareDirectories(t: Test, { cutaway }: World): Promise<void> {
  const { layers } = (await cutaway.json('layers', LAYERS)) as LayersDocument;
  for (const { directory = '', link = '', chainID } of layers) {
    t.equal(directory, `${cutaway.dataRoot}/overlay/${chainID.slice(7)}/diff`);
    t.equal(fs.realpathSync(link), directory, 'the short link leads there');
  }
  const shared = layers.map(({ alsoIn }) => alsoIn);
  t.same(shared.slice(0, 3), [[BASE, GIT], [GIT], []], 'who else has it');
}

interface Reading {
  readonly document: LayersDocument;
  /** The most memory that was resident, in bytes; undefined where time(1) is not installed. */
  readonly peak: number | undefined;
}

async function readLayers({ cutaway }: World, target: string): Promise<Reading> {
  const canMeasure = isInstalled('time');
  const wrapper = canMeasure ? ['time', '-f', '%M'] : [];
  const { status, stdout, stderr } = await cutaway.run(['layers', '--json', target], { wrapper });
  if (status !== 0) throw new Error(`cutaway layers ${target}: ${stderr}`);
  const kilobytes = Number(stderr.trim().split('\n').at(-1));
  return {
    document: JSON.parse(stdout) as LayersDocument,
    peak: canMeasure ? kilobytes * 1024 : undefined,
  };
}

function checkMemory(t: Test, { document, peak }: Reading): void {
  const largest = Math.max(...document.layers.map(({ uncompressedSize = 0 }) => uncompressedSize));
  const skip = peak === undefined ? 'time is not installed' : false;
  t.ok((peak ?? 0) < largest, `${peak} bytes of memory, a layer of ${largest}`, { skip });
}
