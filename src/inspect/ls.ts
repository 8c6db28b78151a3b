// What containers and images are on this host?
import type { Engine, EngineContainer, EngineImage } from '../engines/engine.js';
import { causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { makeDocument } from './document.js';
import { findUnmanaged } from './unmanaged.js';
import type { ContainerRow, ImageRow, LsDocument } from './documents/ls.js';
import type { TargetContext } from './target.js';

export function inspectAll(context: TargetContext): LsDocument {
  const problems: Problem[] = [...(context.engineProblems ?? [])];
  const containers = context.engines.flatMap((engine) =>
    attempt(engine, problems, () => engine.listContainers().map(containerRow)),
  );
  const images = context.engines.flatMap((engine) =>
    attempt(engine, problems, () => engine.listImages().map((image) => imageRow(engine, image))),
  );
  for (const engine of context.engines) {
    problems.push(...attempt(engine, problems, () => [...(engine.listProblems?.() ?? [])]));
  }
  images.sort((a, b) => ((a.references[0] ?? '~') < (b.references[0] ?? '~') ? -1 : 1));
  const found = unmanagedOf(context);
  problems.push(...found.problems);
  const subject = { kind: 'host', engine: 'host', target: 'host' } as const;
  return makeDocument(
    context.host,
    'ls',
    subject,
    { containers, unmanaged: found.rows, images },
    problems,
  );
}

function unmanagedOf({ host, engines, isLive, isWhole }: TargetContext) {
  if (!isLive || isWhole !== true) return { rows: [], problems: [] };
  const claimed = engines.flatMap((engine) =>
    attempt(engine, [], () => [...engine.listContainers()]),
  );
  return findUnmanaged(host, claimed);
}

/** An engine that is there but cannot be read is a problem, never an empty list. */
export function attempt<Row>(engine: Engine, problems: Problem[], read: () => Row[]): Row[] {
  try {
    return read();
  } catch (error) {
    const message = `${engine.name}: ${causeText(error)}`;
    if (!problems.some((known) => known.message === message)) {
      problems.push({ code: 'engine-unreadable', message });
    }
    return [];
  }
}

export function containerRow(container: EngineContainer): ContainerRow {
  const { imageReference, imageID, recordedState, createdAt, ports } = container;
  const { startedAt, finishedAt, exitCode, error, init, health, oomKilled } = container;
  return {
    engine: container.engine,
    id: container.id,
    name: container.name,
    ...(imageReference === undefined ? {} : { image: imageReference }),
    ...(imageID === undefined ? {} : { imageID }),
    command: [...container.command],
    state: container.state,
    ...(recordedState === undefined ? {} : { recordedState }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(error === undefined ? {} : { error }),
    ...(oomKilled === true ? { oomKilled } : {}),
    ...(health === undefined ? {} : { health: health.status }),
    ...(init === undefined ? {} : { pid: init.pid }),
    labels: { ...container.labels },
    ...(ports === undefined || ports.length === 0 ? {} : { ports: [...ports] }),
  };
}

export function imageRow(engine: Engine, image: EngineImage): ImageRow {
  const summaries = image.layers.map(({ diffID }) => engine.findLayerSummary?.(diffID));
  const known = summaries.filter((summary) => summary !== undefined);
  const isComplete = known.length === summaries.length;
  const sum = known.reduce((total, summary) => total + summary.contentSize, 0);
  const contentSize = isComplete ? sum : image.contentSize;
  return {
    engine: image.engine,
    id: image.id,
    references: [...image.references],
    digest: image.digest,
    platform: image.platform,
    ...(image.createdAt === undefined ? {} : { createdAt: image.createdAt }),
    layers: image.layers.length,
    ...(image.size === undefined ? {} : { size: image.size }),
    ...(contentSize === undefined ? {} : { contentSize }),
  };
}
