// What a snapshotter has on the disk: its metadata.db (snapshots/storage/bolt.go of containerd) and
// a directory for each snapshot, named by a number.
import type { ReadHost } from '../../host/host.js';
import { CutawayError } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { BoltBucket } from '../bolt/bucket.js';
import { readBolt } from '../bolt/read-bolt.js';
import { attempt, textOf, timeOf } from './metadata.js';
import { parseUvarint, parseVarint } from './values.js';

export type SnapshotKind = 'view' | 'active' | 'committed';

export interface Snapshot {
  /** "NAMESPACE/NUMBER/KEY": keys alone are not unique. */
  readonly name: string;
  readonly id: number;
  /** Name of the one below; empty for the lowest. */
  readonly parent: string;
  readonly kind: SnapshotKind;
  /** Bytes as counted when it was committed. */
  readonly size: number | undefined;
  readonly createdAt: string | undefined;
}

export interface Snapshotter {
  readonly name: string;
  /** How its directories make a root file system: a stack of overlay, or each whole. */
  readonly form: 'overlay' | 'whole';
  readonly directory: string;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly problems: readonly Problem[];
}

const FORMS: Readonly<Record<string, Snapshotter['form']>> = {
  overlayfs: 'overlay',
  'fuse-overlayfs': 'overlay',
  native: 'whole',
};
const KINDS: Readonly<Record<number, SnapshotKind>> = { 1: 'view', 2: 'active', 3: 'committed' };
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Undefined when it has no files here; throws UNSUPPORTED for one whose files we cannot follow. */
export function readSnapshotter(
  host: ReadHost,
  root: string,
  name: string,
): Snapshotter | undefined {
  const form = NAME.test(name) && Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  if (form === undefined) {
    const known = Object.keys(FORMS).join(', ');
    throw new CutawayError(
      'UNSUPPORTED',
      `snapshotter ${JSON.stringify(name)} is none of ${known}`,
    );
  }
  const directory = host.resolveInRoot('/', `${root}/io.containerd.snapshotter.v1.${name}`);
  if (directory === undefined) return undefined;
  return { name, form, directory, ...readBolt(host, `${directory}/metadata.db`, parseSnapshots) };
}

export function parseSnapshots(root: BoltBucket): Pick<Snapshotter, 'snapshots' | 'problems'> {
  const problems: Problem[] = [];
  const snapshots = root.buckets.get('v1')?.().buckets.get('snapshots')?.().buckets ?? [];
  const parsed = new Map(
    [...snapshots].flatMap(([name, open]) =>
      attempt(problems, 'snapshot-unreadable', name, (): [string, Snapshot] => [
        name,
        parseSnapshot(name, open()),
      ]),
    ),
  );
  return { snapshots: parsed, problems };
}

function parseSnapshot(name: string, bucket: BoltBucket): Snapshot {
  const kind = KINDS[bucket.values.get('kind')?.[0] ?? 0];
  const id = parseUvarint(bucket.values.get('id') ?? Buffer.alloc(0), 'id of a snapshot');
  const size = bucket.values.get('size');
  if (kind === undefined) throw new CutawayError('CORRUPT', 'a snapshot of no known kind');
  if (!Number.isSafeInteger(id)) throw new CutawayError('CORRUPT', `a snapshot with the id ${id}`);
  return {
    name,
    id,
    parent: textOf(bucket, 'parent'),
    kind,
    size: size === undefined ? undefined : parseVarint(size, 'size of a snapshot'),
    createdAt: timeOf(bucket, 'createdat'),
  };
}

/** Those below a snapshot, top first; throws CORRUPT where that never ends or one is missing. */
export function listParents({ snapshots }: Snapshotter, { name, parent }: Snapshot): Snapshot[] {
  const parents: Snapshot[] = [];
  const seen = new Set([name]);
  for (let next = parent; next !== '';) {
    const found = snapshots.get(next);
    if (found === undefined) {
      throw new CutawayError('CORRUPT', `snapshot ${name}: there is no ${next} below it`);
    }
    if (seen.has(next))
      throw new CutawayError('CORRUPT', `snapshot ${name}: ${next} is below itself`);
    seen.add(next);
    parents.push(found);
    next = found.parent;
  }
  return parents;
}

/** The key within its namespace: of a layer its chainID. */
export function snapshotKey(snapshot: Snapshot): string {
  return snapshot.name.replace(/^[^/]*\/\d+\//, '');
}

/**
 * Where the files of a snapshot are. containerd makes plain directories there: a link in their
 * place is somebody else's work and not followed.
 */
export function snapshotDirectory(
  host: ReadHost,
  { directory, form }: Snapshotter,
  { id }: Snapshot,
  part: 'fs' | 'work' = 'fs',
): string {
  const steps = ['snapshots', String(id), ...(form === 'overlay' ? [part] : [])];
  let path = directory;
  for (const step of steps) {
    path = `${path}/${step}`;
    const type = host.findStatus(path)?.type;
    if (type === undefined) throw new CutawayError('NOT_FOUND', `there is no "${path}"`);
    if (type !== 'directory') throw new CutawayError('CORRUPT', `"${path}" is a ${type}`);
  }
  return path;
}
