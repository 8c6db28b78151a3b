import type { ReadHost } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { formatPlatform, hostPlatform, type Platform } from '../oci/platform.js';
import { openArchive } from './archive.js';
import { detectCompression, MAGIC_LENGTH } from './decompress.js';
import { listDockerImages, MANIFEST_FILE } from './docker-images.js';
import type { ImageSource } from './image.js';
import { emptyListing, type ImageListing } from './image-listing.js';
import { withDefaults, type Limits } from './limits.js';
import { directoryStore, type MemberStore } from './member-store.js';
import { inflateFile } from './memory-file.js';
import { INDEX_FILE, LAYOUT_FILE, listOciImages, type WantedPlatform } from './oci-images.js';

export { selectImage } from './select-image.js';

export type ImageSourceKind = ImageSource['kind'];

export interface OpenImageOptions {
  /** Default: that of this machine, and whatever does not say what it is for. */
  readonly platform?: Platform | undefined;
  /** What it must be; by default its content tells. */
  readonly kind?: ImageSourceKind | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** Opens an archive or a layout that the user named: links on the way to it are followed. */
export async function openImageSource(
  host: ReadHost,
  path: string,
  options: OpenImageOptions = {},
): Promise<ImageSource> {
  const limits = withDefaults(options.limits);
  const store = await openStore(host, path, limits);
  try {
    const kind = recognise(store, isDirectory(host, path), options.kind);
    const wanted = {
      platform: options.platform ?? hostPlatform(host.architecture),
      isExplicit: options.platform !== undefined,
    };
    return makeSource(store, kind, path, () => listStore(store, kind, wanted, limits));
  } catch (error) {
    store.close();
    throw error;
  }
}

function makeSource(
  store: MemberStore,
  kind: ImageSourceKind,
  path: string,
  list: () => Promise<ImageListing>,
): ImageSource {
  let listing: Promise<ImageListing> | undefined;
  const once = () => (listing ??= list());
  return {
    kind,
    path,
    listImages: async () => (await once()).images,
    listFailures: async () => (await once()).failures,
    listPlatforms: async () => distinct((await once()).platforms),
    listProblems: async () => [...store.problems, ...(await once()).problems],
    close: () => {
      store.close();
    },
  };
}

async function openStore(host: ReadHost, path: string, limits: Limits): Promise<MemberStore> {
  if (isDirectory(host, path)) return directoryStore(host, path);
  const file = host.openFile(host.realPath(path));
  const isPlain = detectCompression(file.read(0, MAGIC_LENGTH)) === 'none';
  const problems: Problem[] = [];
  const onProblem = (problem: Problem) => problems.push(problem);
  const what = `archive "${path}"`;
  const plain = isPlain ? file : await inflateFile(file, what, { limits, onProblem });
  try {
    const archive = openArchive(plain, path, { limits });
    return { ...archive, problems: [...problems, ...archive.problems] };
  } catch (error) {
    plain.close();
    throw error;
  }
}

function isDirectory(host: ReadHost, path: string): boolean {
  return host.lstat(host.realPath(path)).type === 'directory';
}

function recognise(
  store: MemberStore,
  directory: boolean,
  expected: ImageSourceKind | undefined,
): ImageSourceKind {
  const has = (name: string) => store.findSize(name) !== undefined;
  const hasIndex = has(INDEX_FILE);
  const kinds: ImageSourceKind[] = [];
  if (directory && hasIndex) kinds.push('oci');
  if (!directory && has(MANIFEST_FILE)) kinds.push('docker-archive');
  if (!directory && hasIndex) kinds.push('oci-archive');
  const [first] = kinds;
  if (first === undefined) throw unrecognised(store, directory, has);
  if (expected === undefined) return first;
  if (kinds.includes(expected)) return expected;
  throw new CutawayError('INVALID_INPUT', `open ${store.what}: not of the kind ${expected}`, {
    hint: `it can be read as ${kinds.join(' or ')}`,
  });
}

function unrecognised(
  store: MemberStore,
  directory: boolean,
  has: (name: string) => boolean,
): CutawayError {
  if (store.problems.some(({ code }) => code === 'tar-no-end')) {
    const reason = 'it is cut short: neither manifest.json nor index.json nor an end';
    return new CutawayError('CORRUPT', `open ${store.what}: ${reason}`);
  }
  if (has('repositories')) {
    const reason = 'an archive of Docker before 1.10, without manifest.json, is not supported';
    return new CutawayError('UNSUPPORTED', `open ${store.what}: ${reason}`);
  }
  const wanted = directory ? INDEX_FILE : `${MANIFEST_FILE} nor ${INDEX_FILE}`;
  const reason = has(LAYOUT_FILE) ? 'a layout without index.json' : 'not an image';
  return new CutawayError(
    'INVALID_INPUT',
    `open ${store.what}: ${reason}: it has ${directory ? 'no' : 'neither'} ${wanted}`,
  );
}

/**
 * Docker 25 and later writes both forms into one archive. The OCI form is read first, because it
 * has the real manifests; manifest.json adds tags, and images that the index does not have.
 */
async function listStore(
  store: MemberStore,
  kind: ImageSourceKind,
  wanted: WantedPlatform,
  limits: Limits,
): Promise<ImageListing> {
  const hasIndex = store.findSize(INDEX_FILE) !== undefined;
  const oci = hasIndex ? listOciImages(store, wanted, limits) : undefined;
  if (kind !== 'docker-archive') return oci ?? emptyListing();
  const docker = await listDockerImages(store, wanted, limits, oci);
  if (oci === undefined) return docker;
  const added = docker.images.length - oci.images.length;
  const message = `manifest.json has ${added} images that index.json does not have`;
  const extra = added === 0 ? [] : [{ code: 'archive-forms-disagree', message }];
  // What one form cannot show and the other can is no failure.
  const shown = new Set(docker.images.flatMap((image) => image.names));
  const failures = oci.failures.filter(({ names }) => !names.some((name) => shown.has(name)));
  return {
    images: docker.images,
    failures: [...failures, ...docker.failures],
    platforms: [...oci.platforms, ...docker.platforms],
    problems: [...oci.problems, ...docker.problems, ...extra],
    otherConfigs: oci.otherConfigs,
  };
}

function distinct(platforms: readonly Platform[]): Platform[] {
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
}
