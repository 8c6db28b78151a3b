// The engines of a host that are there, each with its code loaded.
import type { ReadHost } from '../host/host.js';
import type { Limits } from '../image/limits.js';
import { CutawayError, causeText } from '../oci/error.js';
import type { Platform } from '../oci/platform.js';
import type { Problem } from '../oci/problem.js';
import { containerdKind } from './containerd/containerd-kind.js';
import { dockerKind } from './docker/docker-kind.js';
import { lxcKind } from './lxc/lxc-kind.js';
import { podmanKind } from './podman/podman-kind.js';
import type { Engine, EngineOptions } from './engine.js';
import type { EngineKind } from './engine-kind.js';

const KINDS: readonly EngineKind[] = [dockerKind, podmanKind, containerdKind, lxcKind];

/** All names that can stand before the colon of a target, without what is behind "@". */
export const ENGINE_KINDS: readonly string[] = ['cutaway', ...KINDS.map(({ kind }) => kind)];

export interface EngineChoice {
  readonly host: ReadHost;
  readonly isLive: boolean;
  readonly platform: Platform;
  readonly limits: Partial<Limits>;
  /** Of our own engine. */
  readonly dataRoot: string;
  /** Only these kinds or names; empty for all. */
  readonly only: readonly string[];
  /** Directories by kind, instead of the usual ones. */
  readonly roots: ReadonlyMap<string, string>;
}

export interface LoadedEngines {
  readonly engines: readonly Engine[];
  /** Why one that is there is not among them. */
  readonly problems: readonly Problem[];
}

export async function loadEngines(choice: EngineChoice): Promise<LoadedEngines> {
  const { dataRoot, only, roots, ...options } = choice;
  refuseUnknown([...only, ...roots.keys()]);
  const isWanted = (name: string) =>
    only.length === 0 || only.includes(name) || only.includes(kindOf(name));
  const engines: Engine[] = [];
  const problems: Problem[] = [];
  if (isWanted('cutaway')) {
    const { cutawayEngine } = await import('./cutaway.js');
    engines.push(cutawayEngine({ ...options, root: dataRoot }));
  }
  for (const kind of KINDS) {
    if (only.length > 0 && !only.some((name) => kindOf(name) === kind.kind)) continue;
    const root = roots.get(kind.kind);
    const given = root === undefined ? options : { ...options, root };
    for (const place of findPlaces(kind, given, problems)) {
      if (isWanted(place.name)) engines.push(await kind.load(given, place));
    }
  }
  return { engines, problems };
}

function findPlaces(kind: EngineKind, options: EngineOptions, problems: Problem[]) {
  try {
    return kind.find(options);
  } catch (error) {
    problems.push({ code: 'engine-unreadable', message: `${kind.kind}: ${causeText(error)}` });
    return [];
  }
}

export function kindOf(name: string): string {
  const at = name.indexOf('@');
  return at === -1 ? name : name.slice(0, at);
}

function refuseUnknown(names: readonly string[]): void {
  const unknown = names.find((name) => !ENGINE_KINDS.includes(kindOf(name)));
  if (unknown === undefined) return;
  throw new CutawayError('INVALID_INPUT', `there is no engine "${unknown}"`, {
    hint: `the engines are ${ENGINE_KINDS.join(', ')}`,
  });
}
