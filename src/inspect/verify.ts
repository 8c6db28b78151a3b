// Is what is stored, and what was unpacked from it, still what was pulled?
import type { Engine, EngineImage, StoreFinding } from '../engines/engine.js';
import { causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import { checkLayer, type CheckedLayer, type LayerProgress } from './check-layer.js';
import { makeDocument } from './document.js';
import type { VerifiedLayer, VerifyDocument, VerifyFinding } from './documents/verify.js';
import { findContainerImage } from './stack.js';
import { fileFacts } from './whose-facts.js';
import {
  storedImageTarget,
  type ContainerTarget,
  type ImageTarget,
  type TargetContext,
} from './target.js';

export interface VerifyProgress extends LayerProgress {
  readonly layer: number;
  readonly layers: number;
}

export interface VerifyOptions {
  readonly onProgress?: (progress: VerifyProgress) => void;
}

interface Parts {
  readonly layers: VerifiedLayer[];
  readonly findings: VerifyFinding[];
  readonly problems: Problem[];
}

export async function inspectIntegrity(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: VerifyOptions = {},
): Promise<VerifyDocument> {
  const parts: Parts = { layers: [], findings: [], problems: [] };
  const image = target.kind === 'image' ? target : findContainerImage(context, target);
  if (target.kind === 'container') checkContainer(target, image, parts);
  if (image !== undefined) await checkImage(image, parts, options);
  return makeDocument(
    context.host,
    'verify',
    target.subject,
    { verdict: verdictOf(parts), ...answerOf(parts), stores: [] },
    parts.problems,
  );
}

function answerOf({ layers, findings }: Parts): Pick<VerifyDocument, 'layers' | 'findings'> {
  return { layers, findings };
}

async function checkImage(image: ImageTarget, parts: Parts, options: VerifyOptions): Promise<void> {
  const wanted = image.image.layers.slice(0, image.upTo ?? image.image.layers.length);
  const below: LayerIndex[] = [];
  parts.problems.push(...image.image.problems);
  for (const layer of wanted) {
    const report = options.onProgress;
    const checked = await checkLayer({
      layer,
      ...(image.stored === undefined ? {} : { engine: image.stored.engine }),
      limits: image.limits,
      below: [...below].reverse(),
      onProgress:
        report &&
        ((step) => {
          report({ ...step, layer: layer.index, layers: wanted.length });
        }),
    });
    addLayer(parts, checked);
    if (checked.expected !== undefined) below.push(checked.expected);
  }
}

function addLayer(parts: Parts, { row, findings, problems }: CheckedLayer): void {
  parts.layers.push(row);
  parts.findings.push(...findings);
  parts.problems.push(...problems);
}

/** What it would be mounted from, against what its image has. */
function checkContainer(
  { engine, container }: ContainerTarget,
  image: ImageTarget | undefined,
  parts: Parts,
): void {
  const { imageID, name, directories } = container;
  for (const { message, path } of directories.problems ?? []) {
    parts.findings.push({ finding: 'lower', message, ...fileFacts(path) });
  }
  if (image === undefined) {
    if (imageID === undefined) {
      const message = `container "${name}" was made of no image: there is nothing to compare it with`;
      parts.problems.push({ code: 'layer-not-checked', message });
    } else {
      const message = `the image of container "${name}" is gone: its layers are not checked`;
      parts.findings.push({ finding: 'goneImage', message, digest: imageID });
    }
    return;
  }
  for (const { role, layerIndex = 0, directory } of directories.lower) {
    const layer = image.image.layers[layerIndex - 1];
    if (role !== 'layer' || layer === undefined) continue;
    const own = engine.layerDirectory(layer.chainID)?.directory;
    if (own === undefined || own === directory) continue;
    const message = `layer ${layerIndex} of the container is another directory than that of its image`;
    parts.findings.push({ finding: 'lower', layer: layerIndex, message, ...fileFacts(directory) });
  }
}

/** Codes of what is between us and an answer; what is odd about a tar is none. */
const IN_THE_WAY = /^(E[A-Z0-9]+|read-failed|.*-not-checked|.*-unreadable|changed-while-read)$/;

function verdictOf({ layers, findings, problems }: Parts): VerifyDocument['verdict'] {
  if (findings.length > 0) return 'findings';
  const isOpen =
    layers.some(({ unpacked }) => unpacked?.verdict === 'unknown') ||
    problems.some(({ code }) => IN_THE_WAY.test(code));
  return isOpen ? 'incomplete' : 'good';
}

export interface VerifyStoresOptions extends VerifyOptions {
  /** Also what is in the layers of every image; default only what holds them together. */
  readonly layers?: boolean;
}

/** Whole stores: those of all engines that can say something of theirs. */
export async function inspectStores(
  context: TargetContext,
  options: VerifyStoresOptions = {},
): Promise<VerifyDocument> {
  const parts: Parts = { layers: [], findings: [], problems: [...(context.engineProblems ?? [])] };
  const stores: VerifyDocument['stores'] = [];
  for (const engine of context.engines) {
    const before = parts.findings.length;
    const layers = checkStore(engine, parts);
    if (options.layers === true) await checkAllLayers(engine, parts, options);
    const findings = parts.findings.slice(before);
    const bytes = findings.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
    stores.push({ engine: engine.name, layers, findings: findings.length, bytes });
  }
  const subject = { kind: 'host', engine: 'host', target: 'host' } as const;
  return makeDocument(
    context.host,
    'verify',
    subject,
    { verdict: verdictOf(parts), ...answerOf(parts), stores },
    parts.problems,
  );
}

function checkStore(engine: Engine, parts: Parts): number {
  try {
    const check = engine.checkStore?.();
    if (check === undefined) return 0;
    parts.problems.push(...check.problems);
    parts.findings.push(...check.findings.map((finding) => storeFinding(engine, finding)));
    return check.layers;
  } catch (error) {
    const message = `${engine.name}: ${causeText(error)}`;
    parts.problems.push({ code: 'engine-unreadable', message });
    return 0;
  }
}

function storeFinding(engine: Engine, finding: StoreFinding): VerifyFinding {
  const { kind, message, path, bytes } = finding;
  return {
    finding: kind,
    engine: engine.name,
    ...fileFacts(path),
    ...(bytes === undefined ? {} : { bytes }),
    message,
  };
}

/** Each once, in whichever images it is. */
async function checkAllLayers(engine: Engine, parts: Parts, options: VerifyOptions): Promise<void> {
  const seen = new Set<string>();
  for (const stored of engine.listImages()) {
    const own: Parts = { layers: [], findings: [], problems: [] };
    try {
      const target = storedImageTarget(engine, stored, nameOf(stored), undefined);
      if (target.image.layers.every(({ chainID }) => seen.has(chainID))) continue;
      await checkImage(target, own, options);
      addOnce(parts, own, { engine: engine.name, target: target.subject.target, seen });
    } catch (error) {
      const message = `${engine.name}:${nameOf(stored)}: ${causeText(error)}`;
      parts.problems.push({ code: 'image-unreadable', message });
    }
  }
}

function nameOf({ references, id }: EngineImage): string {
  return references[0] ?? id;
}

function addOnce(
  parts: Parts,
  own: Parts,
  { engine, target, seen }: { engine: string; target: string; seen: Set<string> },
): void {
  const news = own.layers.filter(({ chainID }) => !seen.has(chainID));
  const numbers = new Map(news.map(({ layer, diffID }) => [layer, diffID]));
  for (const row of news) {
    seen.add(row.chainID);
    parts.layers.push({ ...row, target });
  }
  for (const finding of own.findings) {
    const diffID = numbers.get(finding.layer ?? 0);
    if (diffID !== undefined) parts.findings.push({ ...finding, diffID, engine });
  }
  parts.problems.push(...own.problems);
}
