// Every directory of the host that is somebody's, and which of them a path is in. Directories are told
// by device and inode, so that links and bind mounts on the way to them change nothing.
import type { Engine, EngineContainer } from '../engines/engine.js';
import type { FileStatus, ReadHost } from '../host/host.js';
import { parentPath } from '../image/tar-path.js';
import { CutawayError } from '../oci/error.js';
import { parseJson } from '../oci/json-reader.js';
import type { Relation, WhoseAnswer } from './documents/whose.js';
import { pathFacts } from './entry-facts.js';
import { containerFacts, fileFacts, imageFacts } from './whose-facts.js';

export interface Place {
  readonly path: string;
  readonly answer: Omit<WhoseAnswer, 'file' | 'path'>;
}

/** Of all engines: what their images, their containers and they themselves have on the disk. */
export function listPlaces(engines: readonly Engine[]): Place[] {
  return engines.flatMap((engine) => [
    ...engine.listContainers().flatMap((container) => placesOfContainer(engine, container)),
    ...placesOfImages(engine),
    ...(engine.root === undefined
      ? []
      : [{ path: engine.root, answer: { relation: 'store' as const, engine: engine.name } }]),
  ]);
}

function placesOfImages(engine: Engine): Place[] {
  return engine.listImages().flatMap((image) =>
    image.layers.flatMap(({ diffID, chainID }, at): Place[] => {
      const found = attempt(() => engine.layerDirectory(chainID));
      if (found === undefined) return [];
      const { directory, link } = found;
      const layer = { number: at + 1, diffID, chainID, directory };
      const answer = { relation: 'layer', engine: engine.name, ...imageFacts(engine, image) };
      const place = { ...answer, layer } as Place['answer'];
      const around = withoutEnd(directory);
      return [directory, ...(link === undefined ? [] : [link]), ...around].map((path) => ({
        path,
        answer: place,
      }));
    }),
  );
}

/** overlay2/ID around overlay2/ID/diff; a directory with another name stands for itself. */
function withoutEnd(directory: string): string[] {
  const match = /^(.+)\/(diff|fs)$/.exec(directory);
  return match?.[1] === undefined ? [] : [match[1]];
}

function placesOfContainer(engine: Engine, container: EngineContainer): Place[] {
  const { directories, home, log, runtimeConfig } = container;
  const { lower, upper, work, merged } = directories;
  const facts = { engine: engine.name, ...containerFacts(engine, container) };
  const one = (relation: Relation, path: string | undefined): Place[] =>
    path === undefined ? [] : [{ path, answer: { relation, ...facts } }];
  const layers = lower.flatMap(({ role, directory, layerIndex }): Place[] => {
    const layer = { ...(layerIndex === undefined ? {} : { number: layerIndex }), directory };
    const answer = { relation: role, ...facts, layer };
    return [directory, ...withoutEnd(directory)].map((path) => ({ path, answer }));
  });
  return [
    ...one('upper', upper),
    ...(upper === undefined ? [] : withoutEnd(upper).flatMap((path) => one('upper', path))),
    ...one('work', work),
    ...one('merged', merged),
    ...layers,
    ...one('log', log),
    ...one('home', home),
    ...one('bundle', runtimeConfig?.replace(/\/[^/]*$/, '')),
    ...mountSources(engine, container).flatMap((path) => one('mount', path)),
  ];
}

/** Directories of the host in it: as its runtime was told, or as the engine wrote them down. */
function mountSources({ host }: Engine, { runtimeConfig, record }: EngineContainer): string[] {
  const told = attempt(() => bindsOf(host, runtimeConfig)) ?? [];
  const sources = [...told, ...dockerMounts(record)];
  return [...new Set(sources)].filter((source) => source.startsWith('/') && source !== '/');
}

/** config.json by the runtime-spec. */
function bindsOf(host: ReadHost, path: string | undefined): string[] {
  if (path === undefined) return [];
  const config = parseJson(host.readFile(path), `"${path}"`);
  return config.get('mounts').list((mount) => {
    const options = mount.get('options').list((option) => option.string());
    const isBind =
      mount.get('type').value === 'bind' || options.some((one) => /^r?bind$/.test(one));
    return isBind ? (mount.get('source').optionalString() ?? '') : '';
  });
}

/** MountPoints of Docker's config.v2.json: volumes and binds of a container that does not run, too. */
function dockerMounts(record: unknown): string[] {
  const { config } = (record ?? {}) as { config?: { MountPoints?: unknown } };
  const points = Object.values((config?.MountPoints ?? {}) as Record<string, unknown>);
  return points.flatMap((point) => {
    const { Source } = (point ?? {}) as { Source?: unknown };
    return typeof Source === 'string' ? [Source] : [];
  });
}

/** Those that the path is in, the nearest alone. */
export function answersOfPath(
  { host, isLive }: { readonly host: ReadHost; readonly isLive: boolean },
  places: readonly Place[],
  path: string,
): WhoseAnswer[] {
  const byPath = grouped(places, (place) => place);
  const real = isLive ? (attempt(() => host.realPath(path)) ?? path) : path;
  const ways = [
    () => nearest(path, (at) => byPath.get(at)),
    () => nearest(real, (at) => byPath.get(at)),
    () => {
      const byInode = grouped(places, (place) => inodeOf(host, place));
      return nearest(real, (at) => byInode.get(inodeOf(host, at) ?? ''));
    },
  ];
  let found: WhoseAnswer[] = [];
  for (const way of ways) {
    const answers = way();
    if (answers.some(({ relation }) => relation !== 'store')) return answers;
    if (found.length === 0) found = answers;
  }
  return found;
}

function grouped(
  places: readonly Place[],
  keyOf: (path: string) => string | undefined,
): Map<string, Place[]> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const key = keyOf(place.path);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  return groups;
}

function nearest(
  path: string,
  placesAt: (at: string) => readonly Place[] | undefined,
): WhoseAnswer[] {
  for (let at = path; ; at = parentPath(at)) {
    const places = placesAt(at) ?? [];
    if (places.length > 0) {
      const rest = path.slice(at === '/' ? 0 : at.length) || '/';
      return withoutRepeats(places.map((one) => answerAt(one, at, rest)));
    }
    if (at === '/') return [];
  }
}

const HAS_INSIDE: ReadonlySet<Relation> = new Set([
  ...(['layer', 'init', 'upper', 'merged', 'mount'] as const),
]);

/** What is beside `diff` in the directory around it is of the layer, but no path in it. */
function answerAt({ path, answer }: Place, at: string, rest: string): WhoseAnswer {
  const isWhole = answer.layer?.directory === undefined || answer.layer.directory === path;
  const isInside = HAS_INSIDE.has(answer.relation) && (isWhole || path.includes('/l/'));
  return { ...answer, ...(isInside ? pathFacts(rest) : {}), ...fileFacts(at) };
}

function withoutRepeats(answers: readonly WhoseAnswer[]): WhoseAnswer[] {
  const texts = new Set<string>();
  return answers.filter((answer) => {
    const text = JSON.stringify(answer);
    return texts.has(text) ? false : texts.add(text);
  });
}

function inodeOf(host: ReadHost, path: string): string | undefined {
  const status: FileStatus | undefined = attempt(() => host.findStatus(path));
  return status === undefined ? undefined : `${status.device}:${status.inode}`;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}
