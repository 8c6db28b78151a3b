// What a word on the command line stands for: [ENGINE:]NAME, an archive, a layout, a process.
import type { Engine, EngineContainer, EngineImage } from '../engines/engine.js';
import type { ReadHost } from '../host/host.js';
import type { Image, ImageSource } from '../image/image.js';
import type { Limits } from '../image/limits.js';
import { selectImage } from '../image/open-image.js';
import type { RegistryOptions } from '../image/registry/registry-client.js';
import { CutawayError, causeText } from '../oci/error.js';
import { familiarReference, isReference, parseReference } from '../oci/reference.js';
import type { LayerMemory } from '../overlay/layer-memory.js';
import type { Problem } from '../oci/problem.js';
import type { Platform } from '../oci/platform.js';
import type { Subject } from './documents/common.js';
import { openNamedSource } from './open-source.js';

export interface TargetContext {
  readonly host: ReadHost;
  /** Whether the engines are those of this machine, with its processes: not so for a disk. */
  readonly isLive: boolean;
  /** Whether all engines were asked: what none of them claims is nobody's. */
  readonly isWhole?: boolean;
  readonly engines: readonly Engine[];
  /** Why one that is there is not among them. */
  readonly engineProblems?: readonly Problem[];
  readonly platform: Platform;
  /** Those that the user set. */
  readonly limits?: Partial<Limits>;
  /** What was read before of files; without it all is read anew. */
  readonly memory?: LayerMemory;
  /** That `platform` was asked for. */
  readonly isExplicit?: boolean;
  /** Credentials and configuration, for images in registries. */
  readonly registryOptions?: () => Promise<RegistryOptions>;
}

export interface ImageTarget {
  readonly kind: 'image';
  readonly subject: Subject;
  readonly image: Image;
  /** Absent for an archive or a layout. */
  readonly stored?: { readonly engine: Engine; readonly image: EngineImage };
  /** IMAGE@N: the image as it stood after layer N; undefined for all of it. */
  readonly upTo: number | undefined;
  /** Those that the user set, for who reads its layers. */
  readonly limits?: Partial<Limits>;
  /** What was read of its blobs before, where no engine keeps that. */
  readonly memory?: LayerMemory;
  /** Closes the archive. */
  close(): void;
}

export interface ContainerTarget {
  readonly kind: 'container';
  readonly subject: Subject;
  readonly engine: Engine;
  readonly container: EngineContainer;
  close(): void;
}

export interface ProcessTarget {
  readonly kind: 'process';
  readonly subject: Subject;
  readonly pid: number;
  close(): void;
}

export type Target = ImageTarget | ContainerTarget | ProcessTarget;

const ARCHIVES = ['docker-archive', 'oci-archive', 'oci'] as const;
type ArchiveKind = (typeof ARCHIVES)[number];

const REGISTRY = 'registry';
/** What skopeo calls the same. */
const SKOPEO_REGISTRY = 'docker://';

/** Throws NOT_FOUND, or AMBIGUOUS with the names that would be clear. The caller closes it. */
export async function resolveTarget(context: TargetContext, text: string): Promise<Target> {
  const { prefix, rest } = splitPrefix(context, text);
  if (prefix === REGISTRY) return await registryTarget(context, rest);
  if (prefix === 'pid') return processTarget(context, rest);
  if (isArchiveKind(prefix)) return await archiveTarget(context, prefix, rest);
  const asked = context.engines.filter(
    ({ name, kind }) => prefix === undefined || name === prefix || kind === prefix,
  );
  if (prefix === undefined && /^(\/|\.\.?\/)/.test(rest)) {
    return await archiveTarget(context, undefined, rest);
  }
  const { engines, failures } = readableEngines(asked);
  const found = findContainerTarget(engines, rest) ?? findImageTarget(context, engines, rest);
  if (found !== undefined) return found;
  if (
    prefix === undefined &&
    context.host.findStatus(rest.replace(LAYER_SUFFIX, '')) !== undefined
  ) {
    return await archiveTarget(context, undefined, rest);
  }
  throw new CutawayError('NOT_FOUND', `no container, image or archive is called "${text}"`, {
    hint:
      failures.length === 0
        ? 'cutaway ls shows what there is; a file is named by its path'
        : `not everything could be read: ${failures.join('; ')}`,
  });
}

/** One that cannot be read hides nothing of the others. */
function readableEngines(asked: readonly Engine[]): {
  engines: readonly Engine[];
  failures: readonly string[];
} {
  const failures: string[] = [];
  const engines = asked.filter((engine) => {
    try {
      engine.listContainers();
      engine.listImages();
      return true;
    } catch (error) {
      // Our own store has its say on what is wrong with it.
      if (asked.length === 1) throw error;
      failures.push(`${engine.name}: ${causeText(error)}`);
      return false;
    }
  });
  return { engines, failures };
}

function splitPrefix(
  context: TargetContext,
  text: string,
): { prefix: string | undefined; rest: string } {
  if (text.startsWith(SKOPEO_REGISTRY)) {
    return { prefix: REGISTRY, rest: text.slice(SKOPEO_REGISTRY.length) };
  }
  const colon = text.indexOf(':');
  const prefix = text.slice(0, Math.max(0, colon));
  const known = [
    'pid',
    REGISTRY,
    ...ARCHIVES,
    ...context.engines.flatMap(({ name, kind }) => [name, kind]),
  ];
  return known.includes(prefix)
    ? { prefix, rest: text.slice(colon + 1) }
    : { prefix: undefined, rest: text };
}

function isArchiveKind(prefix: string | undefined): prefix is ArchiveKind {
  return ARCHIVES.some((kind) => kind === prefix);
}

function processTarget({ host }: TargetContext, text: string): ProcessTarget {
  const pid = Number(text);
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new CutawayError('INVALID_INPUT', `"pid:${text}" names no process`);
  }
  if (host.findStatus(`/proc/${pid}`) === undefined) {
    throw new CutawayError('NOT_FOUND', `no process has the pid ${pid}`);
  }
  const subject: Subject = { kind: 'process', engine: 'host', target: `pid:${pid}`, pid };
  return { kind: 'process', subject, pid, close: () => undefined };
}

function findContainerTarget(
  engines: readonly Engine[],
  text: string,
): ContainerTarget | undefined {
  const matches = engines.flatMap((engine) => {
    const container = engine.findContainer(text);
    return container === undefined ? [] : [{ engine, container }];
  });
  refuseSeveral(
    text,
    matches.map(({ engine, container }) => `${engine.name}:${container.name}`),
  );
  const [match] = matches;
  return match === undefined ? undefined : containerTarget(match.engine, match.container);
}

export function containerTarget(engine: Engine, container: EngineContainer): ContainerTarget {
  const subject: Subject = {
    kind: 'container',
    engine: engine.name,
    target: `${engine.name}:${container.name}`,
    id: container.id,
    name: container.name,
    ...(container.imageReference === undefined ? {} : { image: container.imageReference }),
    state: container.state,
    ...(container.init === undefined ? {} : { pid: container.init.pid }),
  };
  return { kind: 'container', subject, engine, container, close: () => undefined };
}

function findImageTarget(
  { limits = {}, memory }: TargetContext,
  engines: readonly Engine[],
  text: string,
): ImageTarget | undefined {
  const { name, upTo } = splitLayer(text);
  const matches = engines.flatMap((engine) => {
    const image = engine.findImage(name);
    return image === undefined ? [] : [{ engine, image }];
  });
  refuseSeveral(
    text,
    matches.map(({ engine }) => `${engine.name}:${text}`),
  );
  const [match] = matches;
  if (match === undefined) return undefined;
  return {
    ...storedImageTarget(match.engine, match.image, name, upTo),
    limits,
    ...(memory === undefined ? {} : { memory }),
  };
}

export function storedImageTarget(
  engine: Engine,
  stored: EngineImage,
  name: string,
  upTo: number | undefined,
): ImageTarget {
  const image = engine.openImage(stored);
  const wanted = isReference(name) ? familiarReference(parseReference(name)) : name;
  const shown = stored.references.includes(wanted) ? wanted : (stored.references[0] ?? stored.id);
  const subject: Subject = {
    kind: 'image',
    engine: engine.name,
    target: `${engine.name}:${shown}${layerSuffix(image, upTo)}`,
    id: stored.id,
    name: shown,
  };
  return {
    kind: 'image',
    subject,
    image,
    stored: { engine, image: stored },
    upTo,
    close: () => undefined,
  };
}

const LAYER_SUFFIX = /@(\d{1,4})$/;

/** A digest after "@" has its algorithm in front, so a bare number is a layer. */
function splitLayer(text: string): { name: string; upTo: number | undefined } {
  const match = LAYER_SUFFIX.exec(text);
  if (match === null) return { name: text, upTo: undefined };
  return { name: text.slice(0, match.index), upTo: Number(match[1]) };
}

function layerSuffix(image: Image, upTo: number | undefined): string {
  if (upTo === undefined) return '';
  if (upTo >= 1 && upTo <= image.layers.length) return `@${upTo}`;
  throw new CutawayError(
    'NOT_FOUND',
    `there is no layer ${upTo}: the image has ${image.layers.length}`,
  );
}

async function archiveTarget(
  context: TargetContext,
  kind: ArchiveKind | undefined,
  text: string,
): Promise<ImageTarget> {
  const whole = context.host.findStatus(text) === undefined ? splitLayer(text) : undefined;
  const { path, reference } = splitPath(context.host, whole?.name ?? text);
  const upTo = whole?.upTo;
  const { limits = {}, memory } = context;
  const source = await openNamedSource(context.host, path, {
    platform: context.platform,
    limits,
    ...(kind === undefined ? {} : { kind }),
  });
  try {
    const chosen = await selectImage(source, reference);
    const image = { ...chosen, problems: [...(await sourceProblems(source)), ...chosen.problems] };
    const description = describeArchive(source, image, reference, upTo);
    const remembered = memory === undefined ? {} : { memory };
    return { kind: 'image', ...description, image, upTo, limits, ...remembered };
  } catch (error) {
    source.close();
    throw error;
  }
}

async function registryTarget(context: TargetContext, text: string): Promise<ImageTarget> {
  const { name, upTo } = splitLayer(text);
  const reference = parseReference(name);
  const { host, platform, limits = {}, memory, isExplicit = false } = context;
  // Nothing that speaks with a network is loaded for what is here.
  const { openRegistryImage } = await import('../image/registry/registry-image.js');
  const options = { ...(await context.registryOptions?.()), limits, platform, isExplicit };
  const { image, close } = await openRegistryImage(host, reference, options);
  try {
    const shown = familiarReference(reference);
    const target = `${REGISTRY}:${shown}${layerSuffix(image, upTo)}`;
    return {
      kind: 'image',
      subject: { kind: 'image', engine: REGISTRY, target, id: image.id, name: shown },
      image,
      upTo,
      limits,
      ...(memory === undefined ? {} : { memory }),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** What is odd about the file itself, and which of its images cannot be shown. */
async function sourceProblems(source: ImageSource): Promise<Problem[]> {
  const failures = await source.listFailures();
  const unreadable = failures.map(({ error }) => ({
    code: 'image-unreadable',
    message: error.message,
  }));
  return [...(await source.listProblems()), ...unreadable];
}

function describeArchive(
  source: ImageSource,
  image: Image,
  reference: string | undefined,
  upTo: number | undefined,
): { subject: Subject; close(): void } {
  const [first] = image.references;
  const name =
    first !== undefined && isReference(first) ? familiarReference(parseReference(first)) : first;
  const chosen = reference === undefined ? '' : `:${reference}`;
  return {
    subject: {
      kind: 'image',
      engine: source.kind,
      target: `${source.kind}:${source.path}${chosen}${layerSuffix(image, upTo)}`,
      id: image.id,
      ...(name === undefined ? {} : { name }),
    },
    close: () => {
      source.close();
    },
  };
}

/** FILE[:REF]: the longest beginning that exists is the file. */
function splitPath(host: ReadHost, text: string): { path: string; reference: string | undefined } {
  for (let end = text.length; end > 0; end = text.lastIndexOf(':', end - 1)) {
    const path = text.slice(0, end);
    if (host.findStatus(path) === undefined) continue;
    return { path, reference: end === text.length ? undefined : text.slice(end + 1) };
  }
  return { path: text, reference: undefined };
}

function refuseSeveral(text: string, names: readonly string[]): void {
  if (names.length < 2) return;
  throw new CutawayError('AMBIGUOUS', `"${text}" is in several engines: ${names.join(', ')}`, {
    hint: 'write one of these names instead',
  });
}
