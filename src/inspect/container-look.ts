// What a person watching a container sees beside its documents: what is mounted in it now, what it
// printed last, and what it was started with.
import { readMountinfo } from '../ns/mountinfo.js';
import { hostPathOf } from './isolation-mounts.js';
import { readLogTail, type LogTail } from './log-tail.js';
import { inspectRecord } from './inspect.js';
import type { InspectDocument } from './documents/inspect.js';
import type { ContainerTarget, TargetContext } from './target.js';

export interface ContainerMount {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** "rw,nosuid,nodev". */
  readonly options: string;
  /** Where the host has the same; absent for file systems of the kernel. */
  readonly hostPath?: string;
}

/** As its first process has them now; undefined where none runs. */
export function containerMounts(
  { host }: TargetContext,
  { container }: ContainerTarget,
): ContainerMount[] | undefined {
  if (container.init === undefined) return undefined;
  const own = readMountinfo(host, 'self');
  return readMountinfo(host, container.init.pid).map((mount) => {
    const hostPath = hostPathOf(own, mount);
    const { mountPoint, type, source, options } = mount;
    return { mountPoint, type, source, options, ...(hostPath === undefined ? {} : { hostPath }) };
  });
}

/** Undefined where the engine keeps none, or nothing was printed yet. */
export function containerLog({ engine, container }: ContainerTarget): LogTail | undefined {
  const { log } = container;
  if (log === undefined || engine.host.findStatus(log) === undefined) return undefined;
  return readLogTail(engine.host, log);
}

export interface ContainerFacts {
  readonly document: InspectDocument;
  /** "NAME=value"; undefined where nobody says. */
  readonly environment: readonly string[] | undefined;
}

export function containerFacts(context: TargetContext, target: ContainerTarget): ContainerFacts {
  const document = inspectRecord(context, target);
  const { bundle, record } = document.container ?? {};
  return {
    document,
    // config.json of the runtime-spec; what Docker and containers/storage keep of it.
    environment:
      textsAt(bundle?.config, ['process', 'env']) ??
      textsAt(record, ['config', 'Config', 'Env']) ??
      textsAt(record, ['Config', 'Env']) ??
      textsAt(record, ['config', 'env']),
  };
}

function textsAt(value: unknown, path: readonly string[]): string[] | undefined {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  if (!Array.isArray(at)) return undefined;
  return at.filter((text): text is string => typeof text === 'string');
}
