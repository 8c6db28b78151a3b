// containerd's own database, meta.db: metadata/buckets.go of containerd has its schema. A namespace
// is a tenant of containerd's, nothing of the kernel's.
import { CutawayError } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { BoltBucket } from '../bolt/bucket.js';
import { parseAny, parseGoTime, parseVarint, type ProtobufAny } from './values.js';

export interface ContainerdNamespace {
  readonly name: string;
  readonly images: readonly ImageEntry[];
  readonly containers: readonly ContainerEntry[];
  /** By snapshotter, then by key: the name that the snapshotter itself knows it by. */
  readonly snapshots: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Of blobs that have any, by digest. */
  readonly blobLabels: ReadonlyMap<string, Labels>;
}

export type Labels = Readonly<Record<string, string>>;

export interface ImageEntry {
  readonly name: string;
  readonly target: {
    readonly digest: string;
    readonly mediaType: string;
    readonly size: number;
  };
  readonly labels: Labels;
}

export interface ContainerEntry {
  readonly id: string;
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  /** Name of an image; may be empty, or of one that is gone. */
  readonly image: string;
  readonly snapshotter: string;
  readonly snapshotKey: string;
  readonly runtime: string;
  readonly spec: ProtobufAny | undefined;
  readonly extensions: Readonly<Record<string, ProtobufAny>>;
  readonly labels: Labels;
}

const SCHEMA = 'v1';

export interface ContainerdMetadata {
  readonly namespaces: readonly ContainerdNamespace[];
  /** What cannot be read does not take the rest with it. */
  readonly problems: readonly Problem[];
}

export function parseMetadata(root: BoltBucket): ContainerdMetadata {
  const problems: Problem[] = [];
  const version = root.buckets.get(SCHEMA);
  if (version === undefined) {
    if (root.buckets.size === 0) return { namespaces: [], problems };
    const found = [...root.buckets.keys()].join(', ');
    throw new CutawayError('UNSUPPORTED', `read meta.db: its schema is not ${SCHEMA}: ${found}`);
  }
  const namespaces = [...version().buckets].map(([name, open]) =>
    parseNamespace(name, open(), problems),
  );
  return { namespaces, problems };
}

function parseNamespace(
  name: string,
  bucket: BoltBucket,
  problems: Problem[],
): ContainerdNamespace {
  const listed = <Value>(
    key: string,
    kind: string,
    parse: (name: string, one: BoltBucket) => Value,
  ) =>
    [...childrenOf(bucket, key)].flatMap(([child, open]) =>
      attempt(problems, `${kind}-unreadable`, `${name}/${child}`, () => parse(child, open())),
    );
  const blobs = bucket.buckets.get('content')?.();
  return {
    name,
    images: listed('images', 'image', parseImage),
    containers: listed('containers', 'container', parseContainer),
    snapshots: new Map(listed('snapshots', 'snapshots', parseSnapshots)),
    blobLabels: new Map(
      [...(blobs === undefined ? [] : childrenOf(blobs, 'blob'))].flatMap(([digest, open]) =>
        attempt(problems, 'blob-unreadable', `${name}/${digest}`, (): [string, Labels] => [
          digest,
          labelsOf(open()),
        ]),
      ),
    ),
  };
}

/** `[]` for what fails, which becomes a problem of this code. */
export function attempt<Value>(
  problems: Problem[],
  code: string,
  what: string,
  read: () => Value,
): Value[] {
  try {
    return [read()];
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    problems.push({ code, message: `${what}: ${error.message}` });
    return [];
  }
}

function childrenOf(bucket: BoltBucket, key: string): BoltBucket['buckets'] {
  return bucket.buckets.get(key)?.().buckets ?? new Map<string, () => BoltBucket>();
}

function parseImage(name: string, bucket: BoltBucket): ImageEntry {
  const target = bucket.buckets.get('target')?.();
  if (target === undefined) throw new CutawayError('CORRUPT', 'an image that stands for nothing');
  return {
    name,
    target: {
      digest: textOf(target, 'digest'),
      mediaType: textOf(target, 'mediatype'),
      size: parseVarint(target.values.get('size') ?? Buffer.alloc(0), 'size of an image'),
    },
    labels: labelsOf(bucket),
  };
}

function parseContainer(id: string, bucket: BoltBucket): ContainerEntry {
  const runtime = bucket.buckets.get('runtime')?.();
  const spec = bucket.values.get('spec');
  const extensions = [...(bucket.buckets.get('extensions')?.().values ?? [])];
  return {
    id,
    createdAt: timeOf(bucket, 'createdat'),
    updatedAt: timeOf(bucket, 'updatedat'),
    image: textOf(bucket, 'image'),
    snapshotter: textOf(bucket, 'snapshotter'),
    snapshotKey: textOf(bucket, 'snapshotKey'),
    runtime: runtime === undefined ? '' : textOf(runtime, 'name'),
    spec: spec === undefined ? undefined : parseAny(spec, 'spec'),
    extensions: record(extensions.map(([name, value]) => [name, parseAny(value, name)])),
    labels: labelsOf(bucket),
  };
}

function parseSnapshots(snapshotter: string, bucket: BoltBucket): [string, Map<string, string>] {
  return [
    snapshotter,
    new Map([...bucket.buckets].map(([key, open]) => [key, textOf(open(), 'name')])),
  ];
}

/** An absent value is the empty one: so Go writes it. */
export function textOf(bucket: BoltBucket, key: string): string {
  return bucket.values.get(key)?.toString('utf8') ?? '';
}

export function timeOf(bucket: BoltBucket, key: string): string | undefined {
  const bytes = bucket.values.get(key);
  return bytes === undefined ? undefined : parseGoTime(bytes, key);
}

function labelsOf(bucket: BoltBucket): Labels {
  const labels = [...(bucket.buckets.get('labels')?.().values ?? [])];
  return record(labels.map(([key, value]) => [key, value.toString('utf8')]));
}

/** Without a prototype, so that any key is safe. */
function record<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  const result = Object.create(null) as Record<string, Value>;
  for (const [key, value] of entries) result[key] = value;
  return result;
}
