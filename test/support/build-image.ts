// Images for tests, in every form they are stored in.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { headerBlock, paxHeader, tarFile, tarOf } from './build-tar.js';

export interface LayerItem {
  /** As it is to stand in the tar; directories without a slash at the end get one. */
  readonly path: string;
  /** Default: directory if the path ends with a slash, symlink with `linkTarget`, else file. */
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'char' | 'block' | 'fifo';
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds. */
  readonly mtime?: number;
  /** Of a symlink its text, of a link the first name. */
  readonly linkTarget?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: Readonly<Record<string, string | Buffer>>;
}

const TYPEFLAGS = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;

/** The uncompressed tar of a layer; the same items give the same bytes. */
export function buildLayer(items: readonly LayerItem[]): Buffer {
  return Buffer.concat([...items.map(buildItem), Buffer.alloc(1024)]);
}

const MODES = { directory: 0o755, symlink: 0o777 } as const;

function buildItem(item: LayerItem): Buffer {
  const { path, type = guessType(item), content = '', linkTarget = '', xattrs = {} } = item;
  const name = type === 'directory' && !path.endsWith('/') ? `${path}/` : path;
  const records = Object.entries(xattrs).map(
    ([key, value]): [string, string | Buffer] => [`SCHILY.xattr.${key}`, value],
  );
  if (Buffer.byteLength(name) > 100) records.push(['path', name]);
  if (Buffer.byteLength(linkTarget) > 100) records.push(['linkpath', linkTarget]);
  const mode = type === 'directory' || type === 'symlink' ? MODES[type] : 0o644;
  const fields = { mode, mtime: 1_700_000_000, ...item, name, linkName: linkTarget };
  const header = { ...fields, typeflag: TYPEFLAGS[type] };
  const entry = type === 'file' ? tarFile(header, content) : headerBlock(header);
  return records.length === 0 ? entry : Buffer.concat([paxHeader(records), entry]);
}

function guessType({ path, linkTarget }: LayerItem): keyof typeof TYPEFLAGS {
  if (path.endsWith('/')) return 'directory';
  return linkTarget === undefined ? 'file' : 'symlink';
}

export interface ImageOptions {
  readonly tags?: readonly string[];
  readonly architecture?: string;
  readonly os?: string;
  /** How layers are stored in an OCI layout; default gzip. */
  readonly compression?: 'none' | 'gzip';
  /** The `config` member of the image config. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly Readonly<Record<string, unknown>>[];
}

/** A platform in the descriptor of the manifest too. */
export interface LayoutImage extends ImageOptions {
  readonly layers: readonly Buffer[];
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The image config of these uncompressed layers. */
export function buildConfig(layers: readonly Buffer[], options: ImageOptions = {}): Buffer {
  const { architecture = 'amd64', os = 'linux', config = {} } = options;
  const created = '2023-11-14T22:13:20Z';
  const history = options.history ?? layers.map((_, index) => ({ created, created_by: `step ${index + 1}` }));
  const rootfs = { type: 'layers', diff_ids: layers.map(sha256) };
  return Buffer.from(JSON.stringify({ created, architecture, os, config, rootfs, history }));
}

/** A docker-archive of the old form: manifest.json, configs and layers by name. */
export function buildDockerArchive(
  images: readonly (ImageOptions & { readonly layers: readonly Buffer[] })[],
): Buffer {
  const members = new Map<string, Buffer>();
  const manifest = images.map((image) => {
    const config = buildConfig(image.layers, image);
    const configName = `${sha256(config).slice(7)}.json`;
    members.set(configName, config);
    const layers = image.layers.map((layer) => {
      const name = `${sha256(layer).slice(7)}/layer.tar`;
      members.set(name, layer);
      return name;
    });
    return { Config: configName, RepoTags: image.tags ?? null, Layers: layers };
  });
  members.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
  return archiveOf(members);
}

/** Files as a tar, in their order. */
export function archiveOf(members: ReadonlyMap<string, Buffer>): Buffer {
  return tarOf(...[...members].map(([name, content]) => tarFile({ name }, content)));
}

const OCI = 'application/vnd.oci.image';

/** The files of an OCI layout, by name. */
export function layoutFiles(images: readonly LayoutImage[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const put = (bytes: Buffer) => {
    const digest = sha256(bytes);
    files.set(`blobs/sha256/${digest.slice(7)}`, bytes);
    return { digest, size: bytes.length };
  };
  const manifests = images.flatMap((image) => {
    const gzip = image.compression !== 'none';
    const config = put(buildConfig(image.layers, image));
    const layers = image.layers.map((layer) => ({
      mediaType: `${OCI}.layer.v1.tar${gzip ? '+gzip' : ''}`,
      ...put(gzip ? gzipSync(layer) : layer),
    }));
    const manifest = {
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: { mediaType: `${OCI}.config.v1+json`, ...config },
      layers,
    };
    const descriptor = {
      mediaType: manifest.mediaType,
      ...put(Buffer.from(JSON.stringify(manifest))),
      ...(image.platform === undefined ? {} : { platform: image.platform }),
    };
    if (image.tags === undefined) return [descriptor];
    return image.tags.map((tag) => ({
      ...descriptor,
      annotations: { 'org.opencontainers.image.ref.name': tag },
    }));
  });
  files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
  return files;
}

/** The same on disk. */
export function buildOciLayout(directory: string, images: readonly LayoutImage[]): string {
  return writeFiles(directory, layoutFiles(images));
}

/** The same as an archive. */
export function buildOciArchive(images: readonly LayoutImage[]): Buffer {
  return archiveOf(layoutFiles(images));
}

export function writeFiles(directory: string, files: ReadonlyMap<string, Buffer>): string {
  for (const [name, bytes] of files) {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, bytes);
  }
  return directory;
}
