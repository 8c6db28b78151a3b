// The tour's own store: made at its beginning, gone at its end, so that a visitor's is not
// littered. A tour that was killed leaves one behind; the next tour clears it away.
import { CutawayError, hasCode } from '../../oci/error.js';
import type { Host, Lock } from '../../host/host.js';
import { readMountinfo, type MountinfoLine } from '../../ns/mountinfo.js';
import { reconcile } from '../../runtime/reconcile.js';
import { removeContainer } from '../../runtime/remove-container.js';
import { findContainerByText, listContainers } from '../../runtime/store/container-store.js';
import { openStore, readStore, type Store } from '../../runtime/store/store.js';
import type { Context } from '../context.js';

export interface TourPlace {
  /** The data root of every command of the tour. */
  readonly root: string;
  /** What the commands find in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The full id of a container of the tour. */
  findContainerID(name: string): string | undefined;
  /** Empties the store, for another beginning. */
  clear(): Promise<void>;
  /** Ends what runs, unmounts and removes everything. */
  strike(): Promise<void>;
  /** Leaves everything as it is: from now on no tour clears it away. */
  keep(): void;
}

const NAME = 'cutaway-tour';
const MOST_TOURS = 20;
/** Held as long as the tour lives. A directory without it has been kept on purpose. */
const LOCK = 'tour.lock';

export async function makeTourPlace(context: Context): Promise<TourPlace> {
  const { host } = context;
  const { root, lock } = await claimRoot(host);
  return {
    root,
    environment: tourEnvironment(context, root),
    findContainerID: (name) => findContainerByText(readStore(host, root), name)?.record.id,
    clear: () => clearRoot(host, root),
    strike: async () => {
      await strikeRoot(host, root);
      lock.release();
    },
    keep: () => {
      host.removeFile(`${root}/${LOCK}`);
      lock.release();
    },
  };
}

async function claimRoot(host: Host): Promise<{ root: string; lock: Lock }> {
  const base = temporaryDirectory(host);
  for (let count = 1; count <= MOST_TOURS; count += 1) {
    const root = `${base}/${NAME}${count === 1 ? '' : `-${count}`}`;
    if (!makeDirectory(host, root) && !(await clearAbandoned(host, root))) continue;
    const lock = lockRoot(host, root);
    if (lock !== undefined) return { root, lock };
  }
  throw new CutawayError('ALREADY_EXISTS', `${base}/${NAME} and ${MOST_TOURS - 1} more are taken`, {
    hint: 'remove those that were kept: cutaway tour --help says how',
  });
}

/**
 * overlayfs takes no upperdir from another overlayfs, nor a whiteout in one (overlayfs.rst): inside
 * of a container, where /tmp is on one, the store goes elsewhere.
 */
function temporaryDirectory(host: Host): string {
  const chosen = host.environment['TMPDIR']?.replace(/(?<=.)\/+$/, '');
  const usual = chosen?.startsWith('/') === true ? chosen : '/tmp';
  if (host.effectiveUid !== 0) return usual;
  const mounts = readMountinfo(host, 'self');
  const places = [usual, '/var/tmp', '/dev/shm', '/run'].filter(
    (path) => host.findStatus(path)?.type === 'directory',
  );
  return places.find((path) => typeBelow(mounts, host.realPath(path)) !== 'overlay') ?? usual;
}

/** The type of the file system that a path lies on: of mounts on one place, the last one counts. */
function typeBelow(mounts: readonly MountinfoLine[], path: string): string | undefined {
  const above = mounts.filter(
    ({ mountPoint }) =>
      mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`),
  );
  const longest = Math.max(0, ...above.map(({ mountPoint }) => mountPoint.length));
  return above.filter(({ mountPoint }) => mountPoint.length === longest).at(-1)?.type;
}

/** False when the name is taken. In a directory that all may write to, making it is the claim. */
function makeDirectory(host: Host, path: string): boolean {
  try {
    host.createDirectory(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (hasCode(error, 'ALREADY_EXISTS')) return false;
    throw error;
  }
}

/**
 * Undefined when another tour took the directory for an abandoned one, in the moment in which its
 * lock was made and not yet held.
 */
function lockRoot(host: Host, root: string): Lock | undefined {
  try {
    return host.tryLock(`${root}/${LOCK}`, 'exclusive');
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Ours, and nobody lives there any more: then it is empty and ours again. */
async function clearAbandoned(host: Host, root: string): Promise<boolean> {
  const status = host.findStatus(root);
  if (status?.type !== 'directory' || status.uid !== host.effectiveUid) return false;
  if (host.findStatus(`${root}/${LOCK}`)?.type !== 'file') return false;
  const lock = host.tryLock(`${root}/${LOCK}`, 'exclusive');
  if (lock === undefined) return false;
  try {
    await strikeRoot(host, root);
  } finally {
    lock.release();
  }
  return makeDirectory(host, root);
}

/** The lock goes last: what is interrupted here is finished by the next tour. */
async function strikeRoot(host: Host, root: string): Promise<void> {
  await clearRoot(host, root);
  host.removeTree(root);
}

async function clearRoot(host: Host, root: string): Promise<void> {
  if (host.effectiveUid === 0 && host.findStatus(`${root}/containers`) !== undefined) {
    const store = openStore(host, root);
    try {
      await removeContainers(store);
    } catch (error) {
      // Where mounts are refused, so is unmounting what was never mounted.
      if (readMountinfo(host, 'self').some(({ mountPoint }) => isBelow(mountPoint, store))) {
        throw error;
      }
    }
    host.removeTree(store.paths.run);
  }
  for (const { name } of host.readDirectory(root)) {
    if (name !== LOCK) host.removeTree(`${root}/${name}`);
  }
}

async function removeContainers(store: Store): Promise<void> {
  await reconcile(store);
  for (const container of listContainers(store)) {
    await removeContainer(store, container, { force: true });
  }
}

function isBelow(mountPoint: string, { paths }: Store): boolean {
  return [paths.root, paths.run].some((directory) => mountPoint.startsWith(`${directory}/`));
}

function tourEnvironment({ host, color }: Context, root: string): Record<string, string> {
  const inherited = Object.entries(host.environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    CUTAWAY_DATA_ROOT: root,
    // An ordinary user's run directory would stay behind in /tmp or in the session's.
    ...(host.effectiveUid === 0 ? {} : { XDG_RUNTIME_DIR: `${root}/run` }),
    ...(color ? {} : { NO_COLOR: '1' }),
  };
}
