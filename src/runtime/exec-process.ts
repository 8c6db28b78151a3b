// What another process in a running container is: the container's own first process, but for what was
// asked for.
import type { Process, RuntimeConfig } from '../oci/runtime-config.js';
import { ownCapabilities } from './own-capabilities.js';
import { readInRoot } from './read-in-root.js';
import { makeCapabilities } from './spec/capabilities.js';
import { mergeEnvironment } from './spec/environment.js';
import { resolveUser } from './spec/user.js';
import type { ContainerRecord } from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

export interface ExecWishes {
  readonly args: readonly string[];
  /** "NAME=value". */
  readonly variables: readonly string[];
  readonly workingDirectory?: string;
  readonly user?: string;
  readonly terminal: boolean;
  readonly privileged: boolean;
  readonly consoleSize?: Process['consoleSize'];
}

export function makeExecProcess(
  store: Store,
  record: ContainerRecord,
  wishes: ExecWishes,
): Process {
  const paths = containerPaths(store.paths, record.id);
  const text = store.host.readText(paths.config);
  // RLIM_INFINITY has 64 bits, and comes back as it is written.
  const config = JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'number' && value >= 2 ** 63 ? Infinity : value,
  ) as RuntimeConfig;
  const first = config.process ?? { cwd: '/' };
  const user = resolveUser(
    wishes.user ?? record.user,
    readInRoot(store, paths.merged, '/etc/passwd'),
    readInRoot(store, paths.merged, '/etc/group'),
  );
  const bounding = wishes.privileged
    ? ownCapabilities(store.host)
    : (first.capabilities?.bounding ?? []);
  return {
    ...first,
    terminal: wishes.terminal,
    // That of the first process is not this one's.
    consoleSize: wishes.consoleSize ?? { height: 0, width: 0 },
    user:
      wishes.user === undefined && first.user !== undefined
        ? first.user
        : { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: wishes.args,
    env: mergeEnvironment(
      { config: { Env: record.imageVariables } },
      {
        hostname: record.hostname,
        terminal: wishes.terminal,
        home: user.home,
        variables: [...record.variables, ...wishes.variables],
        caller: {},
      },
    ),
    cwd: wishes.workingDirectory ?? first.cwd,
    capabilities: makeCapabilities(bounding, user.uid),
  };
}
