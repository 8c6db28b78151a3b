// The files of a containerd as its sources describe them: for what cannot be run here (the CRI
// plugin, Docker 29) and for what nobody would run.
import type { HostRecord } from '../../../src/host/recorded-host.js';
import {
  buildBolt,
  goTime,
  protobufAny,
  uvarint,
  varint,
  type BoltTree,
} from '../../support/build-bolt.js';
import { buildLayer, layoutFiles, sha256 } from '../../support/build-image.js';
import { META, ROOT, SNAPSHOTS } from './fixture.js';

export const SPEC = 'types.containerd.io/opencontainers/runtime-spec/1/Spec';
const layers = [
  buildLayer([{ path: 'etc/' }, { path: 'etc/one', content: 'one\n' }]),
  buildLayer([{ path: 'etc/' }, { path: 'etc/two', content: 'two\n' }]),
] as const;
const chainID = (parent: string, diffID: string) => sha256(Buffer.from(`${parent} ${diffID}`));
export const CHAIN = [sha256(layers[0]), chainID(sha256(layers[0]), sha256(layers[1]))] as const;

const layout = layoutFiles([{ layers, tags: ['one'] }]);
const index = JSON.parse(String(layout.get('index.json'))) as {
  manifests: { digest: string; size: number; mediaType: string }[];
};
export const MANIFEST = index.manifests[0] ?? { digest: '', size: 0, mediaType: '' };
const manifest = JSON.parse(String(layout.get(`blobs/sha256/${MANIFEST.digest.slice(7)}`))) as {
  config: { digest: string };
};
export const CONFIG_DIGEST = manifest.config.digest;

/** Blobs as the content store has them. */
export function contentFiles(files: ReadonlyMap<string, Buffer> = layout): Record<string, Buffer> {
  const blobs = [...files].filter(([name]) => name.startsWith('blobs/'));
  return Object.fromEntries(
    blobs.map(([name, bytes]) => [`${ROOT}/io.containerd.content.v1.content/${name}`, bytes]),
  );
}

export function image(target: Partial<typeof MANIFEST> = {}): BoltTree {
  const { digest, size, mediaType } = { ...MANIFEST, ...target };
  return {
    createdat: goTime(1_700_000_000),
    target: { digest, mediatype: mediaType, size: varint(size) },
  };
}

export function container(
  key: string,
  {
    spec = {},
    labels = {},
    ...values
  }: {
    spec?: unknown;
    labels?: Readonly<Record<string, string>>;
    [name: string]: unknown;
  } = {},
): BoltTree {
  return {
    createdat: goTime(1_700_000_100, 5),
    image: 'docker.io/library/one:1',
    snapshotter: 'overlayfs',
    snapshotKey: key,
    spec: protobufAny(SPEC, JSON.stringify(spec)),
    runtime: { name: 'io.containerd.runc.v2' },
    labels,
    ...(values as BoltTree),
  };
}

/** A snapshot in the snapshotter's own database. */
export function snapshot(id: bigint | number, parent: string, kind: number): BoltTree {
  return {
    id: uvarint(id),
    kind: Buffer.from([kind]),
    createdat: goTime(1_700_000_000),
    ...(parent === '' ? {} : { parent }),
  };
}

export const backend = (namespace: string, id: number, key: string) => `${namespace}/${id}/${key}`;

export interface ForgedNamespace {
  readonly containers?: BoltTree;
  readonly images?: BoltTree;
  /** Keys, lowest first; those of layers are added. */
  readonly keys?: readonly string[];
  readonly content?: BoltTree;
}

/** A host with one namespace, whose containers stand on the two layers of the image. */
export function forge(
  namespace: string,
  {
    containers = {},
    images = { 'docker.io/library/one:1': image() },
    keys = Object.keys(containers),
    content = {},
  }: ForgedNamespace,
  changed: BoltTree = {},
): HostRecord & { readonly files: Record<string, string | Uint8Array> } {
  const names = new Map(
    [...CHAIN, ...keys].map((key, at) => [key, backend(namespace, at + 1, key)]),
  );
  const name = (key: string) => names.get(key) ?? '';
  const snapshots: Record<string, BoltTree> = {
    [name(CHAIN[0])]: snapshot(1, '', 3),
    [name(CHAIN[1])]: snapshot(2, name(CHAIN[0]), 3),
    ...Object.fromEntries(keys.map((key, at) => [name(key), snapshot(at + 3, name(CHAIN[1]), 2)])),
  };
  const meta = {
    v1: {
      [namespace]: {
        containers,
        images,
        content,
        snapshots: {
          overlayfs: Object.fromEntries([...names].map(([key, one]) => [key, { name: one }])),
        },
      },
    },
  };
  return {
    files: {
      ...contentFiles(),
      [META]: buildBolt(meta),
      [`${SNAPSHOTS}/metadata.db`]: buildBolt({ v1: { snapshots: { ...snapshots, ...changed } } }),
    },
    directories: [...names.keys()].flatMap((_, at) => [
      `${SNAPSHOTS}/snapshots/${at + 1}/fs`,
      `${SNAPSHOTS}/snapshots/${at + 1}/work`,
    ]),
  };
}
