// Which images are in the store, what have they in common, and which stands on which?
import type { Engine, EngineContainer, EngineImage } from '../engines/engine.js';
import { commandOf } from '../oci/history.js';
import type { Digest } from '../oci/digest.js';
import type { Problem } from '../oci/problem.js';
import { makeDocument } from './document.js';
import type { ChainRecord, ImageRecord, ImagesDocument } from './documents/images.js';
import { imageFilter, referenceTest, timeOf } from './image-filter.js';
import { attempt, imageRow } from './ls.js';
import type { TargetContext } from './target.js';

export interface ImagesOptions {
  /** As written: NAME=VALUE. */
  readonly filters: readonly string[];
  /** A name with or without a tag, or a pattern of names. */
  readonly name?: string | undefined;
}

export function inspectImages(context: TargetContext, options: ImagesOptions): ImagesDocument {
  const engines = context.engines.filter(({ name }) => name === 'cutaway');
  const problems: Problem[] = [];
  const all = engines.flatMap((engine) =>
    attempt(engine, problems, () => engine.listImages().map((image) => ({ engine, image }))),
  );
  const images = all.map(({ image }) => image);
  const test = imageFilter(options.filters, images);
  const named = options.name === undefined ? () => true : referenceTest(options.name);
  const shown = all.filter(({ image }) => test(image) && named(image)).sort(newestFirst);
  const layers = countLayers(all);
  const containers = engines.flatMap((engine) =>
    attempt(engine, problems, () => [...engine.listContainers()]),
  );
  const around = { images, layers, containers };
  const found = engines.flatMap((engine) =>
    attempt(engine, problems, () => [...(engine.listProblems?.() ?? [])]),
  );
  problems.push(...found.filter(({ code }) => code !== 'container-unreadable'));
  const answer = {
    images: shown.map(({ engine, image }) => imageRecord(engine, image, around)),
    chains: chainRecords(shown, layers),
    totals: {
      images: all.length,
      layers: layers.size,
      ...sumOf([...layers.values()]),
    },
  };
  const subject = { kind: 'host', engine: 'cutaway', target: 'host' } as const;
  return makeDocument(context.host, 'images', subject, answer, problems);
}

interface Held {
  readonly engine: Engine;
  readonly image: EngineImage;
}

/** A layer in its place, and how many images have it there. */
interface Counted {
  readonly digest: string;
  readonly size: number;
  readonly contentSize: number | undefined;
  images: number;
}

function newestFirst({ image: a }: Held, { image: b }: Held): number {
  const byTime = timeOf(b.createdAt) - timeOf(a.createdAt);
  return byTime !== 0 ? byTime : nameOf(a) < nameOf(b) ? -1 : 1;
}

function nameOf({ references, id }: EngineImage): string {
  return references[0] ?? `~${id}`;
}

function countLayers(all: readonly Held[]): ReadonlyMap<Digest, Counted> {
  const layers = new Map<Digest, Counted>();
  for (const { engine, image } of all) {
    for (const { chainID, diffID, descriptor } of image.layers) {
      const known = layers.get(chainID);
      if (known !== undefined) {
        known.images += 1;
        continue;
      }
      layers.set(chainID, {
        digest: descriptor?.digest ?? diffID,
        size: descriptor?.size ?? 0,
        contentSize: engine.findLayerSummary?.(diffID)?.contentSize,
        images: 1,
      });
    }
  }
  return layers;
}

/** One blob may lie in several places of stacks: its bytes are there once. */
function sumOf(layers: readonly Counted[]): { contentSize: number; size: number } {
  const blobs = new Map(layers.map(({ digest, size }) => [digest, size]));
  return {
    contentSize: layers.reduce((sum, { contentSize = 0 }) => sum + contentSize, 0),
    size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
  };
}

interface Around {
  readonly images: readonly EngineImage[];
  readonly layers: ReadonlyMap<Digest, Counted>;
  readonly containers: readonly EngineContainer[];
}

function imageRecord(
  engine: Engine,
  image: EngineImage,
  { images, layers, containers }: Around,
): ImageRecord {
  const own = image.layers.flatMap(({ chainID }) => layers.get(chainID) ?? []);
  return {
    ...imageRow(engine, image),
    labels: { ...image.labels },
    containers: containers.filter(({ imageID }) => imageID === image.id).map(({ id }) => id),
    standsOn: standsOn(image, images),
    shared: sumOf(own.filter((layer) => layer.images > 1)),
    unique: sumOf(own.filter((layer) => layer.images === 1)),
  };
}

function standsOn(image: EngineImage, images: readonly EngineImage[]): Digest[] {
  const below = images.filter(({ layers }) => {
    const top = layers.at(-1)?.chainID;
    if (top === undefined || layers.length >= image.layers.length) return false;
    return image.layers[layers.length - 1]?.chainID === top;
  });
  const most = Math.max(0, ...below.map(({ layers }) => layers.length));
  const nearest = below.filter(({ layers }) => layers.length === most);
  return nearest.map(({ id }) => id).sort();
}

function chainRecords(shown: readonly Held[], layers: ReadonlyMap<Digest, Counted>): ChainRecord[] {
  const chains = new Map<Digest, ChainRecord>();
  for (const { image } of shown) {
    for (const [at, { chainID, diffID }] of image.layers.entries()) {
      const parent = image.layers[at - 1]?.chainID;
      const contentSize = layers.get(chainID)?.contentSize;
      const command = commandOf(image.steps?.[at]);
      const record = chains.get(chainID) ?? {
        chainID,
        ...(parent === undefined ? {} : { parent }),
        diffID,
        ...(contentSize === undefined ? {} : { contentSize }),
        ...(command === '' ? {} : { command }),
        images: [],
      };
      chains.set(chainID, record);
      if (at === image.layers.length - 1) record.images.push(image.id);
    }
  }
  return [...chains.values()];
}
