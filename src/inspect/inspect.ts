// What is recorded of one container or image?
import { hasCode } from '../oci/error.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
} from '../oci/reference.js';
import { formatPlatform } from '../oci/platform.js';
import { makeDocument } from './document.js';
import type { InspectDocument } from './documents/inspect.js';
import type { ImageRow } from './documents/ls.js';
import { containerRow, imageRow } from './ls.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export function inspectRecord(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
): InspectDocument {
  const answer =
    target.kind === 'container'
      ? { container: containerAnswer(context, target) }
      : { image: imageAnswer(target) };
  return makeDocument(context.host, 'inspect', target.subject, answer, []);
}

function containerAnswer(
  { host }: TargetContext,
  { container }: ContainerTarget,
): NonNullable<InspectDocument['container']> {
  const { upper, work, merged } = container.directories;
  return {
    summary: containerRow(container),
    record: container.record,
    directories: {
      container: container.bundle.slice(0, container.bundle.lastIndexOf('/')),
      upper,
      work,
      merged,
      log: container.log,
    },
    bundle: {
      directory: container.bundle,
      config: readConfig(() => host.readText(`${container.bundle}/config.json`)),
    },
  };
}

function readConfig(read: () => string): unknown {
  try {
    return JSON.parse(read());
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return null;
    throw error;
  }
}

function imageAnswer(target: ImageTarget): NonNullable<InspectDocument['image']> {
  const { image, stored } = target;
  const summary = stored === undefined ? archiveRow(target) : imageRow(stored.engine, stored.image);
  return {
    summary,
    manifest:
      image.manifest === undefined ? null : JSON.parse(image.manifest.bytes.toString('utf8')),
    config: JSON.parse(image.configBytes.toString('utf8')),
  };
}

function archiveRow({ subject, image }: ImageTarget): ImageRow {
  const { created } = image.config;
  return {
    engine: subject.engine,
    id: image.id,
    references: image.references.map(familiar),
    digest: image.manifest?.descriptor.digest ?? image.id,
    platform: formatPlatform(image.config),
    ...(created === undefined ? {} : { createdAt: created }),
    layers: image.layers.length,
    size: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
  };
}

function familiar(text: string): string {
  return isReference(text)
    ? familiarReference(parseReference(formatReference(parseReference(text))))
    : text;
}
