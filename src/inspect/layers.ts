// Of which layers is it made, and what are their names, sizes and origins?
import type { Engine, EngineImage } from '../engines/engine.js';
import type { Image, ImageLayer } from '../image/image.js';
import { alignHistory, commandOf } from '../oci/history.js';
import type { HistoryEntry } from '../oci/image-config.js';
import { formatPlatform } from '../oci/platform.js';
import { familiarReference, isReference, parseReference } from '../oci/reference.js';
import type { RememberedSummary } from '../overlay/layer-memory.js';
import { summarizeLayer, type LayerSummary } from '../overlay/layer-summary.js';
import { makeDocument } from './document.js';
import { blobDigest } from './origins.js';
import type { LayerRecord, LayersDocument } from './documents/layers.js';
import { containerImage, readLayers, upperLayer } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export async function inspectLayers(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
): Promise<LayersDocument> {
  const imageTarget = target.kind === 'image' ? target : containerImage(context, target);
  const { image } = imageTarget;
  const history = alignHistory(image.config.history, image.layers.length);
  const neighbours = neighbourImages(context, image);
  const summaries = await layerSummaries(imageTarget);
  const layers = summaries.map(([layer, { summary }], at) =>
    layerRecord(imageTarget, layer, summary, history.layers[at], neighbours),
  );
  const odd = summaries.flatMap(([, { summary, problems }]) => [...problems, ...summary.problems]);
  const problems = [...image.problems, ...history.problems, ...odd];
  const answer = {
    image: imageFacts(image),
    layers,
    ...(target.kind === 'container' ? upperFacts(target) : {}),
    history: historyFacts(image, history.layers),
  };
  return makeDocument(context.host, 'layers', target.subject, answer, problems);
}

/** The engine's own where it keeps them, else read from the blobs. */
export async function layerSummaries(
  target: ImageTarget,
): Promise<[ImageLayer, RememberedSummary][]> {
  const { layers } = target.image;
  const known = new Map<ImageLayer, RememberedSummary>();
  for (const layer of layers) {
    const kept = findSummary(target, layer);
    if (kept !== undefined) known.set(layer, kept);
  }
  const rest = layers.filter((layer) => !known.has(layer));
  for (const [at, { index, problems }] of (await readLayers(target, rest)).entries()) {
    const layer = rest[at];
    if (layer !== undefined) known.set(layer, { summary: summarizeLayer(index), problems });
  }
  return layers.flatMap((layer) => {
    const summary = known.get(layer);
    return summary === undefined ? [] : [[layer, summary]];
  });
}

function findSummary(
  { stored, memory }: ImageTarget,
  layer: ImageLayer,
): RememberedSummary | undefined {
  const summary = stored?.engine.findLayerSummary?.(layer.diffID);
  return summary === undefined ? memory?.findSummary(layer) : { summary, problems: [] };
}

function layerRecord(
  target: ImageTarget,
  layer: ImageLayer,
  summary: LayerSummary,
  step: HistoryEntry | undefined,
  neighbours: readonly { image: EngineImage; name: string }[],
): LayerRecord {
  const { descriptor, diffID, chainID } = layer;
  const { uncompressedSize, contentSize, entries, whiteouts } = summary;
  const isStored = layer.unpackedOnly !== true;
  const unpacked = target.stored?.engine.layerDirectory(chainID);
  const sharing = neighbours.filter(({ image }) =>
    image.layers.some((other) => other.chainID === chainID),
  );
  return {
    index: layer.index,
    ...blobDigest(layer),
    diffID,
    chainID,
    ...(isStored ? { mediaType: descriptor.mediaType, size: descriptor.size } : {}),
    ...(isStored ? { uncompressedSize } : {}),
    contentSize,
    // The directory of a layer itself is no entry of the layer.
    entries: isStored ? entries : Math.max(0, entries - 1),
    whiteouts,
    ...stepFacts(step),
    ...(unpacked === undefined ? {} : { directory: unpacked.directory }),
    ...(unpacked?.link === undefined ? {} : { link: unpacked.link }),
    alsoIn: sharing.map(({ name }) => name),
  };
}

export function stepFacts(step: HistoryEntry | undefined): {
  createdBy?: string;
  command?: string;
  createdAt?: string;
} {
  const command = commandOf(step);
  return {
    ...(step?.created_by === undefined ? {} : { createdBy: step.created_by }),
    ...(command === '' ? {} : { command }),
    ...(step?.created === undefined ? {} : { createdAt: step.created }),
  };
}

export function imageFacts(image: Image): LayersDocument['image'] {
  const { created } = image.config;
  return {
    id: image.id,
    references: image.references.map((text) =>
      isReference(text) ? familiarReference(parseReference(text)) : text,
    ),
    ...(image.manifest === undefined ? {} : { manifestDigest: image.manifest.descriptor.digest }),
    platform: formatPlatform(image.config),
    ...(created === undefined ? {} : { createdAt: created }),
  };
}

/** Other images of the host's engines, by a name each. */
function neighbourImages(
  { engines }: TargetContext,
  image: Image,
): { image: EngineImage; name: string }[] {
  return engines
    .flatMap((engine: Engine) => engine.listImages())
    .filter((other) => other.id !== image.id)
    .map((other) => ({ image: other, name: other.references[0] ?? other.id }));
}

function upperFacts(target: ContainerTarget): {
  upper?: { directory: string; entries: number; contentSize: number };
} {
  const { upper } = target.container.directories;
  if (upper === undefined) return {};
  const { index } = upperLayer(target, { hash: false });
  const { entries, contentSize } = summarizeLayer(index);
  return { upper: { directory: upper, entries, contentSize } };
}

function historyFacts(
  image: Image,
  aligned: readonly (HistoryEntry | undefined)[],
): LayersDocument['history'] {
  return image.config.history.map((step) => {
    const layer = aligned.indexOf(step) + 1;
    return {
      ...stepFacts(step),
      ...(layer === 0 ? {} : { layer }),
      ...(step.comment === undefined ? {} : { comment: step.comment }),
      ...(step.author === undefined ? {} : { author: step.author }),
    };
  });
}
