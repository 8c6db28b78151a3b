// What another process in a running container is: the container's own first process, but for what was
// asked for.
import { CAPABILITIES } from '../oci/capability-names.js';
import type { Process, RuntimeConfig } from '../oci/runtime-config.js';
import { decodeCapabilities } from '../ns/capability.js';
import { readInRoot } from './prepare-container.js';
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
  const config = JSON.parse(store.host.readText(paths.config)) as RuntimeConfig;
  const first = config.process ?? { cwd: '/' };
  const user = resolveUser(
    wishes.user ?? record.user,
    readInRoot(store, paths.merged, '/etc/passwd'),
    readInRoot(store, paths.merged, '/etc/group'),
  );
  const bounding = wishes.privileged
    ? ownCapabilities(store)
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

/** All that this process could give away: a runtime refuses what it does not have itself. */
function ownCapabilities({ host }: Store): readonly string[] {
  const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec(host.readText('/proc/self/status'))?.[1] ?? '0';
  const own = new Set(decodeCapabilities(mask).map((name) => name.toUpperCase()));
  return CAPABILITIES.filter((name) => own.has(name));
}
