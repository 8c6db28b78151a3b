// Images of a test's own into a registry, with plain requests: nothing of the program takes part.
import { layoutFiles, sha256, type ImageOptions } from './build-image.js';
import type { Registry } from './registry.js';

export interface UploadImage {
  readonly manifest: { readonly digest: `sha256:${string}`; readonly bytes: Buffer };
  readonly mediaType: string;
  readonly blobs: readonly Buffer[];
}

type Headers = Readonly<Record<string, string>>;

/** One image of these uncompressed layers, which are stored with gzip. */
export function layoutImage(layers: readonly Buffer[], options: ImageOptions = {}): UploadImage {
  const files = layoutFiles([{ ...options, layers, tags: ['x'] }]);
  const index = JSON.parse(files.get('index.json')?.toString() ?? '{}') as {
    manifests: { digest: `sha256:${string}`; mediaType: string }[];
  };
  const [descriptor] = index.manifests;
  if (descriptor === undefined) throw new Error('no image');
  const name = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
  const bytes = files.get(name(descriptor.digest));
  if (bytes === undefined) throw new Error('no manifest');
  const blobs = [...files].filter(
    ([path]) => path.startsWith('blobs/') && path !== name(descriptor.digest),
  );
  return {
    manifest: { digest: descriptor.digest, bytes },
    mediaType: descriptor.mediaType,
    blobs: blobs.map(([, blob]) => blob),
  };
}

export async function upload(
  registry: Registry,
  repository: string,
  tag: string,
  image: UploadImage,
  headers: Headers = {},
): Promise<void> {
  for (const blob of image.blobs) await uploadBlob(registry, repository, blob, headers);
  await uploadManifest(registry, `${repository}:${tag}`, image.manifest.bytes, {
    mediaType: image.mediaType,
    headers,
  });
}

export async function uploadManifest(
  registry: Registry,
  name: string,
  bytes: Buffer,
  { mediaType, headers = {} }: { readonly mediaType: string; readonly headers?: Headers },
): Promise<`sha256:${string}`> {
  const [repository = '', tag = ''] = name.split(':');
  const digest = sha256(bytes) as `sha256:${string}`;
  const path = `/v2/${repository}/manifests/${tag === '' ? digest : tag}`;
  const sent = { ...headers, 'content-type': mediaType };
  const answer = await registry.ask('PUT', path, { headers: sent, body: bytes });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.body.toString()}`);
  return digest;
}

export async function uploadBlob(
  registry: Registry,
  repository: string,
  bytes: Buffer,
  headers: Headers = {},
): Promise<`sha256:${string}`> {
  const digest = sha256(bytes) as `sha256:${string}`;
  const begun = await registry.ask('POST', `/v2/${repository}/blobs/uploads/`, { headers });
  const location = new URL(String(begun.headers['location']), registry.url);
  location.searchParams.set('digest', digest);
  const answer = await registry.ask('PUT', location.pathname + location.search, {
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: bytes,
  });
  if (answer.status !== 201) throw new Error(`upload: ${answer.status} ${answer.body.toString()}`);
  return digest;
}
